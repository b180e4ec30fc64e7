// OpenSSL on a socket of ours: through a BIO that raises no SIGPIPE, with an error queue left empty.
#include "http/tls/tls_channel.hpp"

#include "crypto/openssl.hpp"
#include "http/tls/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace nanomdm::http {
namespace {

using namespace crypto;

int socket_of(BIO* bio) noexcept { return *static_cast<const int*>(BIO_get_data(bio)); }

/// @return 1 when bytes were moved, else 0 with the BIO told whether to try again.
int moved(ssize_t count, std::size_t* bytes) noexcept {
    *bytes = count > 0 ? static_cast<std::size_t>(count) : 0;
    return count > 0 ? 1 : 0;
}

int receive(BIO* bio, char* into, std::size_t size, std::size_t* received) noexcept {
    BIO_clear_retry_flags(bio);
    const auto count = ::recv(socket_of(bio), into, size, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    return moved(count, received);
}

int send(BIO* bio, const char* bytes, std::size_t size, std::size_t* sent) noexcept {
    BIO_clear_retry_flags(bio);
    const auto count = ::send(socket_of(bio), bytes, size, MSG_NOSIGNAL);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
    return moved(count, sent);
}

long control(BIO*, int command, long, void*) noexcept { return command == BIO_CTRL_FLUSH ? 1 : 0; }

using MethodPtr = std::unique_ptr<BIO_METHOD, Freer<BIO_meth_free>>;

const BIO_METHOD* socket_method() {
    static const MethodPtr method = [] {
        MethodPtr made{allocated(
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "nanomdm"))};
        BIO_meth_set_read_ex(made.get(), receive);
        BIO_meth_set_write_ex(made.get(), send);
        BIO_meth_set_ctrl(made.get(), control);
        return made;
    }();
    return method.get();
}

} // namespace

void TlsChannel::Freer::operator()(ssl_st* tls) const noexcept { SSL_free(tls); }

TlsChannel::TlsChannel(const TlsContext& context, int socket)
    : socket_{socket}, tls_{allocated(SSL_new(context.current().get()))} {
    BIO* const bio = allocated(BIO_new(socket_method()));
    BIO_set_data(bio, &socket_);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls_.get(), bio, bio);
    SSL_set_accept_state(tls_.get());
}

TlsChannel::~TlsChannel() = default;

/// What the call just made wants next. The error queue is the thread's, not the connection's: nothing may be
/// in it before a call, or the next connection's failure would be read as this one's.
Step TlsChannel::after(int result) noexcept {
    switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_NONE:
        return Step::done;
    case SSL_ERROR_WANT_READ:
        return Step::wait_read;
    case SSL_ERROR_WANT_WRITE:
        return Step::wait_write;
    case SSL_ERROR_ZERO_RETURN:
        return Step::over;
    default:
        broken_ = true;
        return Step::over;
    }
}

Step TlsChannel::handshake() {
    ERR_clear_error();
    const Step step = after(SSL_do_handshake(tls_.get()));
    if (step != Step::over) return step;
    const auto error = ERR_peek_error();
    const int reason = ERR_GET_REASON(error);
    plain_http_ = reason == SSL_R_HTTP_REQUEST;
    const bool just_gone = error == 0 || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    if (just_gone)
        ERR_clear_error();
    else
        failure_ = last_error();
    return step;
}

Moved TlsChannel::read(char* into, std::size_t size) {
    ERR_clear_error();
    std::size_t bytes = 0;
    const Step step = after(SSL_read_ex(tls_.get(), into, size, &bytes));
    ERR_clear_error();
    return {bytes, step};
}

Moved TlsChannel::write(std::string_view first, std::string_view second) {
    ERR_clear_error();
    std::size_t bytes = 0;
    Step step = Step::over;
    if (first.empty() || second.empty()) {
        const auto all = first.empty() ? second : first;
        step = after(SSL_write_ex(tls_.get(), all.data(), all.size(), &bytes));
    } else { // a small answer's head and body in one record, and so in one packet
        std::array<char, SSL3_RT_MAX_PLAIN_LENGTH> record;
        const auto head = std::min(first.size(), record.size());
        const auto body = std::min(second.size(), record.size() - head);
        std::memcpy(record.data(), first.data(), head);
        std::memcpy(record.data() + head, second.data(), body);
        step = after(SSL_write_ex(tls_.get(), record.data(), head + body, &bytes));
    }
    ERR_clear_error();
    return {bytes, step};
}

void TlsChannel::say_goodbye() noexcept {
    if (broken_ || !SSL_is_init_finished(tls_.get())) return;
    ERR_clear_error();
    SSL_shutdown(tls_.get());
    ERR_clear_error();
}

std::shared_ptr<const std::string> TlsChannel::client_certificate() const {
    const X509* const certificate = SSL_get0_peer_certificate(tls_.get());
    if (certificate == nullptr) return nullptr;
    auto der = std::make_shared<std::string>(static_cast<std::size_t>(i2d_X509(certificate, nullptr)), '\0');
    unsigned char* out = data_of(*der);
    i2d_X509(certificate, &out);
    return der;
}

} // namespace nanomdm::http
