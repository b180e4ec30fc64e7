#include "support/process/nginx.hpp"

#include "support/process/free_port.hpp"

namespace nanomdm::test {
namespace {

std::string server_block(const Nginx::Options& options, const std::string& dir, std::uint16_t port) {
    return "    server {\n        listen 127.0.0.1:" + std::to_string(port) +
           " ssl;\n        ssl_certificate " + dir + "/server.pem;\n        ssl_certificate_key " + dir +
           "/server.key;\n        ssl_client_certificate " + dir +
           "/clients.pem;\n        ssl_verify_client on;\n        client_max_body_size 20m;\n" +
           "        location / {\n            proxy_pass http://" + options.upstream +
           ";\n            proxy_http_version 1.1;\n            proxy_set_header Connection \"\";\n" +
           "            proxy_set_header " + options.header +
           " $ssl_client_escaped_cert;\n        }\n    }\n";
}

} // namespace

Nginx::Nginx(const Options& options) : port_{free_port()} {
    directory_.write("server.pem", options.certificate_pem);
    directory_.write("server.key", options.key_pem);
    directory_.write("clients.pem", options.client_ca_pem);
    process_.emplace(directory_, port_, server_block(options, directory_.path().string(), port_));
}

} // namespace nanomdm::test
