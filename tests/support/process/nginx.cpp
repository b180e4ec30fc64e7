// nginx in the foreground with everything it writes in a private directory, so that any user may run it.
#include "support/process/nginx.hpp"

#include "support/process/free_port.hpp"

#include <filesystem>
#include <stdexcept>

namespace nanomdm::test {
namespace {

std::string nginx_binary() {
    for (const char* path :
         {"/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx", "/usr/local/bin/nginx"})
        if (std::filesystem::exists(path)) return path;
    throw std::runtime_error{"nginx is not installed"};
}

std::string configuration(const Nginx::Options& options, const std::string& dir, std::uint16_t port) {
    return "daemon off;\nworker_processes 1;\nmaster_process off;\npid " + dir + "/nginx.pid;\nerror_log " +
           dir + "/error.log info;\nevents {}\nhttp {\n    access_log off;\n    client_body_temp_path " +
           dir + "/body;\n    proxy_temp_path " + dir + "/proxy;\n    fastcgi_temp_path " + dir +
           "/fastcgi;\n    uwsgi_temp_path " + dir + "/uwsgi;\n    scgi_temp_path " + dir +
           "/scgi;\n    server {\n        listen 127.0.0.1:" + std::to_string(port) +
           " ssl;\n        ssl_certificate " + dir + "/server.pem;\n        ssl_certificate_key " + dir +
           "/server.key;\n        ssl_client_certificate " + dir +
           "/clients.pem;\n        ssl_verify_client on;\n        client_max_body_size 20m;\n" +
           "        location / {\n            proxy_pass http://" + options.upstream +
           ";\n            proxy_http_version 1.1;\n            proxy_set_header Connection \"\";\n" +
           "            proxy_set_header " + options.header +
           " $ssl_client_escaped_cert;\n        }\n    }\n}\n";
}

} // namespace

Nginx::Nginx(const Options& options) : port_{free_port()} {
    directory_.write("server.pem", options.certificate_pem);
    directory_.write("server.key", options.key_pem);
    directory_.write("clients.pem", options.client_ca_pem);
    const auto dir = directory_.path().string();
    const auto config = directory_.write("nginx.conf", configuration(options, dir, port_));
    ChildProcess::Options start;
    start.command = {nginx_binary(), "-e", dir + "/error.log", "-p", dir, "-c", config.string()};
    process_ = std::make_unique<ChildProcess>(std::move(start));
    if (!eventually([this] { return accepts_connections(port_) || process_->wait(0ms).has_value(); }) ||
        process_->wait(0ms))
        throw std::runtime_error{"nginx did not start:\n" + process_->standard_error()};
}

} // namespace nanomdm::test
