// Built-in TLS: the files of -tls-cert and -tls-key as the listeners' contexts.
#pragma once

#include "app/options.hpp"
#include "http/tls/tls_context.hpp"

#include <string>

namespace nanomdm::app {

/// One certificate for all listeners; only that of the devices asks for client certificates, so that an
/// administrator's browser does not.
class TlsFiles {
public:
    /// @throws UsageError naming the flag whose file cannot be read or used.
    explicit TlsFiles(const TlsOptions& options);

    [[nodiscard]] const http::TlsContext& for_devices() const noexcept { return devices_; }
    [[nodiscard]] const http::TlsContext& for_api() const noexcept { return api_; }

    /// Reads the files again; on failure the old ones stay. @throws UsageError
    void reload();

private:
    struct Pem {
        std::string certificate;
        std::string key;
    };
    TlsFiles(const TlsOptions& options, const Pem& pem);
    [[nodiscard]] static Pem read(const TlsOptions& options);

    TlsOptions options_;
    http::TlsContext devices_;
    http::TlsContext api_;
};

} // namespace nanomdm::app
