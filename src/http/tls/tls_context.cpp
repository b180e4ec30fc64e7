// OpenSSL's SSL_CTX as a server of this project wants it.
#include "http/tls/tls_context.hpp"

#include "crypto/openssl.hpp"
#include "crypto/pem.hpp"
#include "nanomdm/error.hpp"

#include <openssl/ssl.h>

#include <string_view>

namespace nanomdm::http {
namespace {

using namespace crypto;

// TLS 1.2 only with forward secrecy and authenticated encryption: every Apple device since iOS 9 and macOS
// 10.11 has them. What TLS 1.3 has is all good.
constexpr const char* tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
/// Sessions are resumed within one kind of listener only.
constexpr unsigned char session_context[] = "nanomdm";

[[noreturn]] void refuse(const std::string& why) { throw Error{Errc::invalid, why}; }

/// RFC 7301. Who offers only protocols that are not spoken here is told so (RFC 7301 section 3.2): a client
/// of another protocol that was led here must not take what it gets for an answer.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
    static constexpr unsigned char spoken[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* match = nullptr;
    if (SSL_select_next_proto(&match, chosen_size, spoken, sizeof spoken, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = match;
    return SSL_TLSEXT_ERR_OK;
}

int take_any_certificate(X509_STORE_CTX*, void*) { return 1; }

/// The first certificate becomes the server's own, the others its chain.
void use_certificates(SSL_CTX* context, const std::string& pem) {
    bool has_own = false;
    for (const auto& block : read_pem(pem)) {
        if (block.label != "CERTIFICATE") continue;
        if (!block.der) refuse("a certificate that is not base64");
        const unsigned char* at = data_of(*block.der);
        CertificatePtr certificate{d2i_X509(nullptr, &at, static_cast<long>(block.der->size()))};
        if (!certificate) refuse("a certificate that cannot be parsed: " + last_error());
        if (has_own) {
            if (SSL_CTX_add0_chain_cert(context, certificate.get()) != 1)
                refuse("an issuer's certificate that cannot be used: " + last_error());
            (void)certificate.release(); // the context's from now on
        } else if (SSL_CTX_use_certificate(context, certificate.get()) != 1) {
            refuse("a certificate that cannot be used: " + last_error());
        }
        has_own = true;
    }
    if (!has_own) refuse("no PEM certificate in it");
}

void use_key(SSL_CTX* context, const std::string& pem) {
    for (const auto& block : read_pem(pem)) {
        if (!block.label.ends_with("PRIVATE KEY")) continue;
        if (block.encrypted)
            refuse("the private key is encrypted; decrypt it first (openssl pkey -in … -out …)");
        if (!block.der) refuse("the private key is not base64");
        const unsigned char* at = data_of(*block.der);
        const KeyPtr key{d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(block.der->size()))};
        if (!key) refuse("the private key cannot be parsed: " + last_error());
        if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
            refuse("the private key does not belong to the (first) certificate: " + last_error());
        return;
    }
    refuse("no PEM private key in it");
}

std::shared_ptr<SSL_CTX> make_context(const std::string& certificate_pem, const std::string& key_pem,
                                      TlsContext::ClientCertificates clients) {
    const std::shared_ptr<SSL_CTX> context{allocated(SSL_CTX_new(TLS_server_method())), SSL_CTX_free};
    SSL_CTX* const native = context.get();
    use_certificates(native, certificate_pem);
    use_key(native, key_pem);

    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(native, tls12_ciphers);
    SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
    // An answer's bytes are where they are until all are written, but they are offered again from another
    // place; and an idle connection holds no buffers.
    SSL_CTX_set_mode(native, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);

    // Tickets alone: no table of sessions that grows. One for each connection is enough.
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(native, 1);
    SSL_CTX_set_session_id_context(native, session_context, sizeof session_context - 1);

    if (clients == TlsContext::ClientCertificates::requested) {
        SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
        SSL_CTX_set_cert_verify_callback(native, take_any_certificate, nullptr);
    }
    return context;
}

} // namespace

TlsContext::TlsContext(const std::string& certificate_pem, const std::string& key_pem,
                       ClientCertificates clients)
    : clients_{clients}, context_{make_context(certificate_pem, key_pem, clients)} {}

void TlsContext::reload(const std::string& certificate_pem, const std::string& key_pem) {
    auto fresh = make_context(certificate_pem, key_pem, clients_);
    const std::lock_guard lock{mutex_};
    context_.swap(fresh); // the old one is freed after the lock is gone
}

std::shared_ptr<SSL_CTX> TlsContext::current() const {
    const std::lock_guard lock{mutex_};
    return context_;
}

void check_tls_certificate(const std::string& certificate_pem) {
    const std::shared_ptr<SSL_CTX> context{allocated(SSL_CTX_new(TLS_server_method())), SSL_CTX_free};
    use_certificates(context.get(), certificate_pem);
}

} // namespace nanomdm::http
