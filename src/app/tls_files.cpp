// Reads, checks, and tells until when the certificate holds.
#include "app/tls_files.hpp"

#include "crypto/push_certificate.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"

#include <chrono>

namespace nanomdm::app {
namespace {

using Clients = http::TlsContext::ClientCertificates;

/// A certificate that is renewed automatically is renewed before this.
constexpr auto soon = std::chrono::days{7};

void tell_expiry(const std::string& file, const std::string& certificate_pem) {
    const auto left = certificate_not_after(certificate_pem) - std::chrono::system_clock::now();
    const auto days = std::to_string(std::chrono::floor<std::chrono::days>(left).count());
    if (left < std::chrono::seconds{0})
        log::error("the TLS certificate has expired: devices will not connect", {{"file", file}});
    else if (left < soon)
        log::warning("the TLS certificate expires soon", {{"file", file}, {"days", days}});
    else
        log::info("TLS certificate", {{"file", file}, {"days", days}});
}

} // namespace

TlsFiles::Pem TlsFiles::read(const TlsOptions& options) {
    Pem pem{.certificate = read_file("tls-cert", options.certificate_file),
            .key = read_file("tls-key", options.key_file)};
    const char* flag = "-tls-cert: ";
    try {
        http::check_tls_certificate(pem.certificate);
        flag = "-tls-key: "; // all that can still be wrong
        (void)http::TlsContext{pem.certificate, pem.key, Clients::ignored};
    } catch (const Error& error) {
        throw UsageError{flag + std::string{error.what()}};
    }
    tell_expiry(options.certificate_file, pem.certificate);
    return pem;
}

TlsFiles::TlsFiles(const TlsOptions& options) : TlsFiles{options, read(options)} {}

TlsFiles::TlsFiles(const TlsOptions& options, const Pem& pem)
    : options_{options}, devices_{pem.certificate, pem.key,
                                  options.signature ? Clients::ignored : Clients::requested},
      api_{pem.certificate, pem.key, Clients::ignored} {}

void TlsFiles::reload() {
    const auto pem = read(options_);
    devices_.reload(pem.certificate, pem.key);
    api_.reload(pem.certificate, pem.key);
}

} // namespace nanomdm::app
