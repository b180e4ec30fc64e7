#include "support/process/load_balancer.hpp"

#include "support/process/free_port.hpp"

namespace nanomdm::test {
namespace {

std::string balancing(const std::vector<std::string>& servers, std::uint16_t port) {
    std::string text = "    upstream servers {\n        random;\n";
    for (const auto& server : servers) text += "        server " + server + " max_fails=1 fail_timeout=1s;\n";
    return text +
           "        keepalive 16;\n    }\n    server {\n        listen 127.0.0.1:" + std::to_string(port) +
           ";\n        client_max_body_size 20m;\n        location / {\n"
           "            proxy_pass http://servers;\n            proxy_http_version 1.1;\n"
           "            proxy_set_header Connection \"\";\n            proxy_connect_timeout 2s;\n"
           "            proxy_next_upstream error timeout http_503 non_idempotent;\n        }\n    }\n";
}

} // namespace

LoadBalancer::LoadBalancer(const std::vector<std::string>& servers)
    : port_{free_port()}, process_{directory_, port_, balancing(servers, port_)} {}

} // namespace nanomdm::test
