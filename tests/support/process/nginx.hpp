// A real nginx in front of the server: TLS with client certificates, the certificate in a header.
#pragma once

#include "support/process/nginx_process.hpp"
#include "support/process/temp_dir.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace nanomdm::test {

class Nginx {
public:
    struct Options {
        std::string certificate_pem; ///< of the TLS server
        std::string key_pem;
        std::string client_ca_pem;                   ///< who may sign client certificates
        std::string upstream;                        ///< "127.0.0.1:PORT"
        std::string header = "X-Client-Certificate"; ///< carries `$ssl_client_escaped_cert`
    };
    explicit Nginx(const Options& options);

    /// "https://127.0.0.1:PORT", no slash at the end.
    [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }

private:
    TempDir directory_;
    std::uint16_t port_;
    std::optional<NginxProcess> process_;
};

} // namespace nanomdm::test
