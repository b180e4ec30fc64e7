// Puts a test's ports and files into the examples.
#include "e2e/proxy.hpp"

#include "e2e/scene.hpp"
#include "support/process/free_port.hpp"

namespace nanomdm::test {
namespace {

/// Of 127.0.0.1; made once.
const sim::Identity& server_identity() {
    static const sim::Identity identity = [] {
        sim::CertificateRequest request;
        request.common_name = "proxy";
        request.usage = sim::CertificateRequest::Usage::server;
        request.alternative_names = "IP:127.0.0.1";
        return test_authority().issue(request, sim::KeyKind::ec_p256);
    }();
    return identity;
}

} // namespace

std::ostream& operator<<(std::ostream& out, ProxyKind kind) {
    return out << (kind == ProxyKind::nginx     ? "Nginx"
                   : kind == ProxyKind::haproxy ? "Haproxy"
                                                : "NginxSignature");
}

Proxy::Proxy(ProxyKind kind, std::uint16_t upstream, const Replacements& changes)
    : kind_{kind}, port_{free_port()} {
    const auto dir = directory_.path().string();
    const auto certificate = server_identity().certificate_pem();
    const auto key = server_identity().key_pem();
    directory_.write("devices-ca.pem", ca_pem());
    Replacements ours{{"127.0.0.1:9000", "127.0.0.1:" + std::to_string(upstream)}};
    const auto address = "127.0.0.1:" + std::to_string(port_);
    if (kind == ProxyKind::haproxy) {
        directory_.write("server.pem", certificate + key);
        ours.emplace_back("maxconn 8000", "maxconn 200"); // two descriptors each
        ours.emplace_back("bind :443 ", "bind " + address + ' ');
        ours.emplace_back("/etc/haproxy/nanomdm/", dir + '/');
        haproxy_.emplace(directory_, port_, replace_all(example_config("haproxy.cfg", ours), changes));
        return;
    }
    directory_.write("server.pem", certificate);
    directory_.write("server.key", key);
    ours.emplace_back("listen 443 ssl;", "listen " + address + " ssl;");
    ours.emplace_back("listen [::]:443 ssl;", ""); // not every machine has IPv6
    ours.emplace_back("/etc/nginx/nanomdm/", dir + '/');
    const auto* file = kind == ProxyKind::nginx ? "nginx.conf" : "nginx-signature.conf";
    nginx_.emplace(directory_, port_, replace_all(example_config(file, ours), changes));
}

std::vector<std::string> Proxy::server_flags(ProxyKind kind) {
    std::vector<std::string> flags{"-trust-proxy", "127.0.0.1/32"};
    if (kind != ProxyKind::nginx_signature)
        flags.insert(flags.end(), {"-cert-header", certificate_header(kind)});
    return flags;
}

std::string Proxy::certificate_header(ProxyKind kind) {
    return kind == ProxyKind::haproxy ? "Client-Cert" : "X-Client-Certificate";
}

const std::string& Proxy::ca_pem() const {
    static const std::string pem = test_authority().identity().certificate_pem();
    return pem;
}

sim::Endpoint Proxy::endpoint() const {
    auto endpoint = anonymous_endpoint();
    endpoint.proof =
        kind_ == ProxyKind::nginx_signature ? sim::Proof::mdm_signature : sim::Proof::client_certificate;
    return endpoint;
}

sim::Endpoint Proxy::anonymous_endpoint() const {
    return {.url = url() + "/mdm", .proof = sim::Proof::none, .ca_pem = ca_pem()};
}

} // namespace nanomdm::test
