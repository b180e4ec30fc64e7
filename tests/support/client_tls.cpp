// OpenSSL as a client that checks nothing.
#include "support/client_tls.hpp"

#include "support/openssl_pem.hpp"

#include <openssl/ssl.h>

#include <cerrno>
#include <csignal>

namespace nanomdm::test {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>>;

std::string alpn(const std::vector<std::string>& protocols) {
    std::string list;
    for (const auto& protocol : protocols) list += static_cast<char>(protocol.size()) + protocol;
    return list;
}

/// Called when the server asks for a certificate; the one that is set is presented anyway.
int note_request(SSL* tls, X509**, EVP_PKEY**) {
    *static_cast<bool*>(SSL_get_app_data(tls)) = true;
    return 0;
}

[[noreturn]] void fail(const std::string& what) {
    const auto code = ERR_get_error();
    const char* const reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    ERR_clear_error();
    throw std::runtime_error{what + ": " + (reason != nullptr ? reason : "the connection ended")};
}

} // namespace

ClientTls::ClientTls(int socket, const ClientTlsOptions& options)
    : asked_{std::make_shared<bool>(false)}, tls_{nullptr, SSL_free} {
    std::signal(SIGPIPE, SIG_IGN);
    const ContextPtr context{must(SSL_CTX_new(TLS_client_method()), "TLS context")};
    SSL_CTX_set_min_proto_version(context.get(), options.lowest);
    SSL_CTX_set_max_proto_version(context.get(), options.highest);
    if (options.lowest != 0) SSL_CTX_set_security_level(context.get(), 0); // old versions are wanted
    SSL_CTX_set_client_cert_cb(context.get(), note_request);
    tls_.reset(must(SSL_new(context.get()), "TLS session"));
    SSL_set_app_data(tls_.get(), asked_.get());
    if (const auto list = alpn(options.protocols); !list.empty())
        SSL_set_alpn_protos(tls_.get(), reinterpret_cast<const unsigned char*>(list.data()),
                            static_cast<unsigned>(list.size()));
    if (options.identity) {
        const auto certificate = certificate_from_pem(options.identity->certificate_pem);
        const auto key = key_from_pem(options.identity->private_key_pem);
        must(SSL_use_certificate(tls_.get(), certificate.get()) == 1, "use a certificate");
        must(SSL_use_PrivateKey(tls_.get(), key.get()) == 1, "use a key");
    }
    if (options.resume) must(SSL_set_session(tls_.get(), options.resume.get()) == 1, "resume");
    must(SSL_set_fd(tls_.get(), socket) == 1, "TLS socket");
    ERR_clear_error();
    if (SSL_connect(tls_.get()) != 1) fail("TLS handshake");
}

ClientTls::~ClientTls() = default;

bool ClientTls::write(std::string_view bytes) {
    std::size_t written = 0;
    ERR_clear_error();
    return SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &written) == 1;
}

std::string ClientTls::read() {
    std::string bytes(16 * 1024, '\0');
    std::size_t size = 0;
    ERR_clear_error();
    errno = 0;
    if (SSL_read_ex(tls_.get(), bytes.data(), bytes.size(), &size) != 1 &&
        SSL_get_error(tls_.get(), 0) == SSL_ERROR_WANT_READ)
        throw std::runtime_error{"nothing came over TLS in time"};
    bytes.resize(size);
    return bytes;
}

bool ClientTls::ended_by_goodbye() const {
    return (SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

void ClientTls::say_goodbye() { SSL_shutdown(tls_.get()); }

bool ClientTls::renegotiate() {
    ERR_clear_error();
    return SSL_renegotiate(tls_.get()) == 1 && SSL_do_handshake(tls_.get()) == 1;
}

bool ClientTls::resumed() const { return SSL_session_reused(tls_.get()) == 1; }

std::string ClientTls::protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(tls_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

std::string ClientTls::version() const { return SSL_get_version(tls_.get()); }

std::string ClientTls::server_certificate_pem() const {
    const CertificatePtr certificate{SSL_get1_peer_certificate(tls_.get())};
    return certificate_to_pem(certificate.get());
}

std::size_t ClientTls::chain_length() const {
    return static_cast<std::size_t>(sk_X509_num(SSL_get_peer_cert_chain(tls_.get())));
}

TlsSession ClientTls::session() const { return {SSL_get1_session(tls_.get()), SSL_SESSION_free}; }

} // namespace nanomdm::test
