// poll and recv with a deadline.
#include "e2e/raw_connection.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <cerrno>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace nanomdm::test {
namespace {

std::size_t content_length(std::string head) {
    std::transform(head.begin(), head.end(), head.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto field = head.find("\r\ncontent-length:");
    return field == std::string::npos ? 0 : std::stoul(head.substr(field + 17));
}

} // namespace

RawConnection::RawConnection(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (socket_ < 0 || ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::system_error{errno, std::generic_category(), "connect"};
}

RawConnection::~RawConnection() { ::close(socket_); }

bool RawConnection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

void RawConnection::finish_sending() { ::shutdown(socket_, SHUT_WR); }

std::optional<RawConnection::Response> RawConnection::read_response(std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::size_t head_end = std::string::npos;
    while ((head_end = buffered_.find("\r\n\r\n")) == std::string::npos)
        if (!read_more(deadline)) return std::nullopt;
    Response response;
    response.head = buffered_.substr(0, head_end + 2);
    response.status = std::stoi(response.head.substr(response.head.find(' ')));
    const auto length = content_length(response.head);
    while (buffered_.size() < head_end + 4 + length)
        if (!read_more(deadline)) return std::nullopt;
    response.body = buffered_.substr(head_end + 4, length);
    buffered_.erase(0, head_end + 4 + length);
    return response;
}

bool RawConnection::closes(std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (read_more(deadline)) buffered_.clear();
    return closed_;
}

bool RawConnection::read_more(std::chrono::steady_clock::time_point deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
            .count();
    pollfd wanted{.fd = socket_, .events = POLLIN, .revents = 0};
    if (left <= 0 || ::poll(&wanted, 1, static_cast<int>(left)) <= 0) return false;
    char chunk[16384];
    const auto count = ::recv(socket_, chunk, sizeof chunk, 0);
    if (count <= 0) {
        closed_ = true;
        return false;
    }
    buffered_.append(chunk, static_cast<std::size_t>(count));
    return true;
}

} // namespace nanomdm::test
