// TLS by OpenSSL over a blocking socket.
#include "support/upstream/byte_stream.hpp"

#include "support/openssl_pem.hpp"

#include <sys/socket.h>
#include <unistd.h>

namespace nanomdm::test {

TlsContext::TlsContext(const UpstreamTls& tls)
    : context_{must(SSL_CTX_new(TLS_server_method()), "TLS context"), SSL_CTX_free} {
    const auto certificate = certificate_from_pem(tls.certificate_pem);
    const auto key = key_from_pem(tls.private_key_pem);
    must(SSL_CTX_use_certificate(context_.get(), certificate.get()) == 1, "use a certificate");
    must(SSL_CTX_use_PrivateKey(context_.get(), key.get()) == 1, "use a key");
    if (tls.client_ca_pem.empty()) return;
    const auto ca = certificate_from_pem(tls.client_ca_pem);
    must(X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), ca.get()) == 1, "trust a CA");
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

ByteStream::ByteStream(int socket, const TlsContext* context) : socket_{socket}, tls_{nullptr, SSL_free} {
    if (context == nullptr) return;
    tls_.reset(must(SSL_new(context->get()), "TLS session"));
    must(SSL_set_fd(tls_.get(), socket_) == 1, "TLS socket");
}

ByteStream::~ByteStream() { ::close(socket_); }

bool ByteStream::handshake() { return !tls_ || SSL_accept(tls_.get()) == 1; }

bool ByteStream::read(std::string& buffer) {
    char chunk[16 * 1024];
    const auto count =
        tls_ ? SSL_read(tls_.get(), chunk, sizeof chunk) : ::read(socket_, chunk, sizeof chunk);
    if (count > 0) buffer.append(chunk, static_cast<std::size_t>(count));
    return count > 0;
}

bool ByteStream::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                                : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

std::string ByteStream::client_common_name() const {
    if (!tls_) return {};
    const CertificatePtr certificate{SSL_get1_peer_certificate(tls_.get())};
    if (!certificate) return {};
    char text[256] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, text, sizeof text);
    return text;
}

void ByteStream::shut() noexcept { ::shutdown(socket_, SHUT_RDWR); }

} // namespace nanomdm::test
