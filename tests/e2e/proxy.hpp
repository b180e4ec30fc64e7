// The documented configurations of docs/examples, each in front of a server.
#pragma once

#include "support/process/example_config.hpp"
#include "support/process/haproxy_process.hpp"
#include "support/process/nginx_process.hpp"
#include "support/process/temp_dir.hpp"
#include "support/simulator/device.hpp"

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace nanomdm::test {

enum class ProxyKind { nginx, nginx_signature, haproxy };
std::ostream& operator<<(std::ostream& out, ProxyKind kind);

class Proxy {
public:
    /// @param upstream where the server listens on 127.0.0.1
    /// @param changes of the example, to see what becomes of it without a line
    Proxy(ProxyKind kind, std::uint16_t upstream, const Replacements& changes = {});

    /// What the example's first lines say nanomdm has to run with.
    [[nodiscard]] static std::vector<std::string> server_flags(ProxyKind kind);
    /// The header with the certificate; none is set for signatures.
    [[nodiscard]] static std::string certificate_header(ProxyKind kind);

    /// "https://127.0.0.1:PORT", no slash at the end.
    [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }
    /// For devices whose profile fits.
    [[nodiscard]] sim::Endpoint endpoint() const;
    /// For a device that shows nothing of itself.
    [[nodiscard]] sim::Endpoint anonymous_endpoint() const;
    [[nodiscard]] const std::string& ca_pem() const;

private:
    ProxyKind kind_;
    TempDir directory_;
    std::uint16_t port_;
    std::optional<NginxProcess> nginx_;
    std::optional<HaproxyProcess> haproxy_;
};

} // namespace nanomdm::test
