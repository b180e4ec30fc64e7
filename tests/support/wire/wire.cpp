// poll and recv with deadlines; the three framings of RFC 9112 section 6.
#include "support/wire/wire.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace nanomdm::test {
namespace {

constexpr std::chrono::seconds patience{60};

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

std::string word(const std::string& line, int number) {
    std::istringstream words{line};
    std::string found;
    for (int i = 0; i <= number; ++i) words >> found;
    return found;
}

} // namespace

std::optional<std::string> WireHead::field(const std::string& name) const {
    const auto [first, last] = fields.equal_range(name);
    if (first == last) return std::nullopt;
    if (std::next(first) != last) throw std::runtime_error{"several fields " + name};
    return first->second;
}

int WireHead::status() const { return std::stoi(word(first_line, 1)); }
std::string WireHead::method() const { return word(first_line, 0); }
std::string WireHead::target() const { return word(first_line, 1); }

Wire Wire::connect(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    Wire wire{socket};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (socket < 0 || ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::system_error{errno, std::generic_category(), "connect"};
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return wire;
}

Wire::~Wire() {
    if (socket_ >= 0) ::close(socket_);
}

Wire::Wire(Wire&& other) noexcept
    : socket_{std::exchange(other.socket_, -1)}, buffered_{std::move(other.buffered_)} {}

bool Wire::send(std::string_view bytes) {
    while (!bytes.empty()) {
        pollfd room{.fd = socket_, .events = POLLOUT, .revents = 0};
        if (::poll(&room, 1, static_cast<int>(std::chrono::milliseconds{patience}.count())) <= 0)
            throw std::runtime_error{"the other end takes nothing"};
        const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (count < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

bool Wire::send_chunk(std::string_view bytes) {
    std::ostringstream size;
    size << std::hex << bytes.size() << "\r\n";
    return send(size.str()) && send(bytes) && send("\r\n");
}

void Wire::shrink_receive_buffer(int bytes) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

std::optional<WireHead> Wire::read_head() {
    auto first = read_line();
    if (!first) return std::nullopt;
    WireHead head{.first_line = std::move(*first), .fields = {}};
    while (auto line = read_line()) {
        if (!line->empty()) {
            const auto colon = line->find(':');
            if (colon == std::string::npos) throw std::runtime_error{"no field: " + *line};
            const auto value = line->find_first_not_of(' ', colon + 1);
            head.fields.emplace(lower(line->substr(0, colon)),
                                value == std::string::npos ? "" : line->substr(value));
            continue;
        }
        const bool is_answer = head.first_line.starts_with("HTTP/");
        const auto length = head.field("content-length");
        body_ended_ = false;
        if (head.field("transfer-encoding"))
            framing_ = Framing::chunked;
        else
            framing_ = length ? Framing::length : is_answer ? Framing::connection : Framing::none;
        if (is_answer && (head.status() < 200 || head.status() == 204 || head.status() == 304))
            framing_ = Framing::none;
        left_ = framing_ == Framing::length ? std::stoull(*length) : 0;
        if (framing_ == Framing::none || (framing_ == Framing::length && left_ == 0)) body_ended_ = true;
        return head;
    }
    throw std::runtime_error{"a head breaks off"};
}

WireHead Wire::head() {
    auto head = read_head();
    if (!head) throw std::runtime_error{"the connection ended before a head"};
    return *head;
}

std::size_t Wire::read_body(char* into, std::size_t size) {
    if (body_ended_) return 0;
    if (framing_ == Framing::chunked && left_ == 0 && !begin_chunk()) return 0;
    if (buffered_.empty() && !fill(patience)) {
        body_ended_ = framing_ == Framing::connection;
        return 0;
    }
    auto count = std::min(size, buffered_.size());
    if (framing_ != Framing::connection)
        count = static_cast<std::size_t>(std::min<std::uint64_t>(count, left_));
    std::copy_n(buffered_.data(), count, into);
    buffered_.erase(0, count);
    left_ -= framing_ == Framing::connection ? 0 : count;
    if (left_ > 0 || framing_ == Framing::connection) return count;
    if (framing_ == Framing::length) body_ended_ = true;
    if (framing_ == Framing::chunked) (void)read_line(); // behind the chunk
    return count;
}

/// @return false after the last chunk, or when there is none.
bool Wire::begin_chunk() {
    const auto size = read_line();
    if (!size) return false;
    left_ = std::stoull(*size, nullptr, 16);
    if (left_ > 0) return true;
    while (const auto trailer = read_line()) {
        if (!trailer->empty()) continue;
        body_ended_ = true;
        break;
    }
    return false;
}

std::string Wire::body() {
    std::string all;
    char piece[16384];
    while (const auto count = read_body(piece, sizeof piece)) all.append(piece, count);
    if (!body_ended_) throw std::runtime_error{"the body breaks off after \"" + all.substr(0, 100) + "\""};
    return all;
}

bool Wire::closes() { return closes_within(patience); }

bool Wire::closes_within(std::chrono::milliseconds longest) {
    const auto deadline = std::chrono::steady_clock::now() + longest;
    while (!at_end_ && std::chrono::steady_clock::now() < deadline) {
        buffered_.clear();
        try {
            (void)fill(std::chrono::duration_cast<std::chrono::milliseconds>(
                deadline - std::chrono::steady_clock::now()));
        } catch (const std::runtime_error&) {
            return false;
        }
    }
    return at_end_;
}

void Wire::shut() noexcept { ::shutdown(socket_, SHUT_RDWR); }

/// @return false at the end of the connection.
bool Wire::fill(std::chrono::milliseconds longest) {
    if (at_end_) return false;
    pollfd wanted{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&wanted, 1, static_cast<int>(longest.count())) <= 0)
        throw std::runtime_error{"the other end says nothing"};
    static thread_local char chunk[256 * 1024];
    const auto count = ::recv(socket_, chunk, sizeof chunk, 0);
    if (count > 0) buffered_.append(chunk, static_cast<std::size_t>(count));
    at_end_ = count <= 0;
    return count > 0;
}

std::optional<std::string> Wire::read_line() {
    std::size_t end = 0;
    while ((end = buffered_.find("\r\n")) == std::string::npos)
        if (!fill(patience)) return std::nullopt;
    auto line = buffered_.substr(0, end);
    buffered_.erase(0, end + 2);
    return line;
}

std::string_view Pattern::at(std::uint64_t position) {
    constexpr std::size_t period = 1'000'003; // no power of two: a buffer lost or sent twice shifts it
    static const std::string bytes = [] {
        std::string made(period + 1024 * 1024 + period, '\0');
        std::uint32_t state = 2463534242;
        for (std::size_t i = 0; i < made.size(); ++i) {
            if (i >= period) {
                made[i] = made[i - period];
                continue;
            }
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            made[i] = static_cast<char>(state);
        }
        return made;
    }();
    const auto offset = static_cast<std::size_t>(position % period);
    return std::string_view{bytes}.substr(offset, 1024 * 1024);
}

bool Pattern::matches(std::uint64_t position, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto expected = at(position).substr(0, bytes.size());
        if (bytes.substr(0, expected.size()) != expected) return false;
        position += expected.size();
        bytes.remove_prefix(expected.size());
    }
    return true;
}

} // namespace nanomdm::test
