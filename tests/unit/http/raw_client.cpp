// Plain sockets with receive and send time-outs.
#include "raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace nanomdm::http::test {
namespace {

using nanomdm::test::ClientTls;
using nanomdm::test::ClientTlsOptions;

constexpr timeval patience{20, 0};

[[noreturn]] void fail(const char* what) {
    throw std::runtime_error{std::string{what} + ": " + strerror(errno)};
}

template <typename Name> int connected(int family, const Name& name) {
    const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) fail("socket");
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
        const int error = errno;
        ::close(socket);
        errno = error;
        fail("connect");
    }
    return socket;
}

int connect_to(const std::string& address) {
    if (address.starts_with("unix:")) {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        address.copy(name.sun_path, sizeof name.sun_path - 1, 5);
        return connected(AF_UNIX, name);
    }
    const auto colon = address.rfind(':');
    const auto port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    if (address.starts_with('[')) {
        sockaddr_in6 name{};
        name.sin6_family = AF_INET6;
        name.sin6_port = port;
        ::inet_pton(AF_INET6, address.substr(1, colon - 2).c_str(), &name.sin6_addr);
        return connected(AF_INET6, name);
    }
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = port;
    ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &name.sin_addr);
    return connected(AF_INET, name);
}

constexpr std::string_view tls_scheme = "tls:";

std::string without_scheme(const std::string& address) {
    return address.starts_with(tls_scheme) ? address.substr(tls_scheme.size()) : address;
}

/// Closes the socket on failure, since the constructor that asked will not.
std::unique_ptr<ClientTls> handshake(int socket, const ClientTlsOptions& options) try {
    return std::make_unique<ClientTls>(socket, options);
} catch (...) {
    ::close(socket);
    throw;
}

} // namespace

RawClient::RawClient(const std::string& address)
    : socket_{connect_to(without_scheme(address))}, tls_{address.starts_with(tls_scheme)
                                                             ? handshake(socket_, {})
                                                             : nullptr} {}
RawClient::RawClient(const std::string& address, const ClientTlsOptions& tls)
    : socket_{connect_to(without_scheme(address))}, tls_{handshake(socket_, tls)} {}
RawClient::RawClient(RawClient&& other) noexcept
    : socket_{std::exchange(other.socket_, -1)}, tls_{std::move(other.tls_)}, input_{
                                                                                  std::move(other.input_)} {}
RawClient::~RawClient() {
    if (socket_ >= 0) ::close(socket_);
}

void RawClient::send(std::string_view bytes) {
    if (!try_send(bytes)) fail("send");
}

bool RawClient::try_send(std::string_view bytes) {
    if (tls_) return bytes.empty() || tls_->write(bytes);
    while (!bytes.empty()) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void RawClient::finish_sending() {
    if (tls_)
        tls_->say_goodbye();
    else
        ::shutdown(socket_, SHUT_WR);
}

void RawClient::reset_on_close() {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

bool RawClient::fill() {
    if (tls_) {
        const auto bytes = tls_->read();
        input_ += bytes;
        return !bytes.empty();
    }
    char buffer[16384];
    const auto received = ::recv(socket_, buffer, sizeof buffer, 0);
    if (received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) fail("no answer");
    if (received <= 0) return false;
    input_.append(buffer, static_cast<std::size_t>(received));
    return true;
}

std::optional<RawResponse> RawClient::read(bool head_request) {
    std::size_t end = 0;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
        if (fill()) continue;
        if (input_.empty()) return std::nullopt;
        throw std::runtime_error{"the connection ended inside a header: " + input_};
    }
    RawResponse response;
    response.status = static_cast<unsigned>(std::stoul(input_.substr(input_.find(' ') + 1, 3)));
    for (std::size_t line = input_.find("\r\n") + 2; line < end;) {
        const auto line_end = input_.find("\r\n", line);
        const auto colon = input_.find(": ", line);
        auto name = input_.substr(line, colon - line);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return std::tolower(c); });
        response.headers[name] = input_.substr(colon + 2, line_end - colon - 2);
        line = line_end + 2;
    }
    input_.erase(0, end + 4);
    const auto length = response.headers.find("content-length");
    if (length == response.headers.end() || head_request) return response;
    const auto size = std::stoul(length->second);
    while (input_.size() < size) {
        if (!fill()) throw std::runtime_error{"the connection ended inside a body"};
    }
    response.body = input_.substr(0, size);
    input_.erase(0, size);
    return response;
}

RawResponse RawClient::response(bool head_request) {
    auto response = read(head_request);
    if (!response) throw std::runtime_error{"the connection ended without an answer"};
    return std::move(*response);
}

std::string RawClient::read_all() {
    while (fill()) {
    }
    return std::exchange(input_, {});
}

bool RawClient::closed() { return input_.empty() && !fill(); }

RawResponse ask(const std::string& address, std::string_view bytes) {
    RawClient client{address};
    client.try_send(bytes);
    return client.response();
}

std::string put(std::string_view path, std::string_view body, std::string_view more_headers) {
    std::string request{"PUT "};
    request.append(path).append(" HTTP/1.1\r\nHost: test\r\n").append(more_headers);
    request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    return request;
}

std::string get(std::string_view path, std::string_view more_headers) {
    std::string request{"GET "};
    return request.append(path).append(" HTTP/1.1\r\nHost: test\r\n").append(more_headers).append("\r\n");
}

} // namespace nanomdm::http::test
