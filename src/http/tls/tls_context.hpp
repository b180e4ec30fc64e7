// The certificate the server shows, its key, and the rules of its TLS connections.
#pragma once

#include <memory>
#include <mutex>
#include <string>

struct ssl_ctx_st;

namespace nanomdm::http {

/// What a server's TLS connections have in common: TLS 1.2 or 1.3 with forward secrecy, `http/1.1` by ALPN,
/// no renegotiation. Thread-safe.
///
/// A client's certificate is asked for, never demanded, and any is taken: the handshake proves that the
/// client has its key, and whether it is trusted is decided with each request, by the same rules as behind a
/// proxy. An untrusted device gets an HTTP answer that its administrator can read, not a TLS alert, and a
/// certificate that expires, or a CA that is taken back, ends no later than the next request.
///
/// A resumed session (RFC 8446 section 2.2) brings its first handshake's client certificate along, inside a
/// ticket that only this process can read and that no longer counts after reload().
class TlsContext {
public:
    enum class ClientCertificates { ignored, requested };

    /// @param certificate_pem the server's certificate, followed by those of its issuers; other PEM blocks
    /// are skipped
    /// @param key_pem its unencrypted private key
    /// @throws Error{Errc::invalid} naming what is missing, encrypted or does not belong together.
    TlsContext(const std::string& certificate_pem, const std::string& key_pem, ClientCertificates clients);

    /// For handshakes that begin from now on; connections keep what they have.
    /// @throws Error{Errc::invalid} as the constructor; the old ones then stay.
    void reload(const std::string& certificate_pem, const std::string& key_pem);

    [[nodiscard]] std::shared_ptr<ssl_ctx_st> current() const;

private:
    const ClientCertificates clients_;
    mutable std::mutex mutex_; ///< held to copy or replace the pointer only
    std::shared_ptr<ssl_ctx_st> context_;
};

/// @throws Error{Errc::invalid} when the constructor of TlsContext would for this certificate with any key.
void check_tls_certificate(const std::string& certificate_pem);

} // namespace nanomdm::http
