// Which of the two it is, asked once per operation: a connection in the clear costs what a bare socket does.
#include "http/transport.hpp"

#include "http/tls/tls_channel.hpp"

#include <boost/asio/buffer.hpp>

#include <string_view>

namespace nanomdm::http {
namespace {

std::string_view view(const asio::const_buffer& buffer) noexcept {
    return {static_cast<const char*>(buffer.data()), buffer.size()};
}

Moved moved(std::size_t bytes, const error_code& error, Step wait) noexcept {
    if (bytes > 0) return {bytes, Step::done};
    return {0, error == asio::error::would_block ? wait : Step::over};
}

} // namespace

Transport::Transport(Socket socket, const TlsContext* tls) : socket_{std::move(socket)} {
    error_code ignored;
    socket_.non_blocking(true, ignored);
    if (tls != nullptr) tls_ = std::make_unique<TlsChannel>(*tls, socket_.native_handle());
}

Transport::~Transport() = default;

Step Transport::handshake() { return tls_ ? tls_->handshake() : Step::done; }

std::string Transport::failure() const { return tls_ ? tls_->failure() : std::string{}; }

bool Transport::fall_back_to_plain_http() noexcept {
    if (!tls_ || !tls_->met_plain_http()) return false;
    tls_.reset();
    return true;
}

std::shared_ptr<const std::string> Transport::client_certificate() const {
    return tls_ ? tls_->client_certificate() : nullptr;
}

Moved Transport::read(char* into, std::size_t size) noexcept {
    if (tls_) return tls_->read(into, size);
    error_code error;
    const auto bytes = socket_.read_some(asio::buffer(into, size), error);
    return moved(bytes, error, Step::wait_read);
}

Moved Transport::write(const std::array<asio::const_buffer, 2>& bytes) noexcept {
    if (tls_) return tls_->write(view(bytes[0]), view(bytes[1]));
    error_code error;
    const auto sent = socket_.write_some(bytes, error);
    return moved(sent, error, Step::wait_write);
}

void Transport::finish_sending() noexcept {
    if (tls_) tls_->say_goodbye();
    tls_.reset();
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
}

void Transport::close() noexcept {
    tls_.reset(); // without a goodbye: an answer cut off here must not look whole
    error_code ignored;
    socket_.close(ignored);
}

} // namespace nanomdm::http
