// Certificates for a database server with TLS and for its clients.
#pragma once

#include "support/process/temp_dir.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace nanomdm::test {

/// A certificate authority of its own, a server certificate for 127.0.0.1 and localhost, a client
/// certificate, and an authority that signed neither; all as PEM files.
class DatabaseTls {
public:
    DatabaseTls();

    [[nodiscard]] std::filesystem::path ca() const { return directory_ / "ca.pem"; }
    [[nodiscard]] std::filesystem::path client_certificate() const { return directory_ / "client.pem"; }
    [[nodiscard]] std::filesystem::path client_key() const { return directory_ / "client.key"; }
    [[nodiscard]] std::filesystem::path other_ca() const { return directory_ / "other-ca.pem"; }

    /// For MariaDbServer::Options::arguments.
    [[nodiscard]] std::vector<std::string> server_arguments() const;
    /// The same with a certificate that names another host.
    [[nodiscard]] std::vector<std::string> misnamed_server_arguments() const;

private:
    [[nodiscard]] std::vector<std::string> arguments_of(const std::string& name) const;

    TempDir directory_;
};

} // namespace nanomdm::test
