// Plain blocking sockets: what it understands of HTTP is what the simulator sends.
#include "support/simulator/test/scripted_server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <cerrno>
#include <netinet/in.h>
#include <optional>
#include <sstream>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace nanomdm::test {
namespace {

std::optional<SeenRequest> read_request(int connection, std::string& buffered) {
    char chunk[8192];
    std::size_t header_end = std::string::npos;
    const auto more = [&] {
        const auto count = ::read(connection, chunk, sizeof chunk);
        if (count > 0) buffered.append(chunk, static_cast<std::size_t>(count));
        return count > 0;
    };
    while ((header_end = buffered.find("\r\n\r\n")) == std::string::npos)
        if (!more()) return std::nullopt;

    SeenRequest request;
    std::istringstream head{buffered.substr(0, header_end)};
    std::string line;
    std::getline(head, line);
    std::istringstream{line} >> request.method >> request.target;
    while (std::getline(head, line)) {
        const auto colon = line.find(": ");
        if (colon == std::string::npos) continue;
        std::string name = line.substr(0, colon);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        std::string value = line.substr(colon + 2);
        if (!value.empty() && value.back() == '\r') value.pop_back();
        request.headers[name] = value;
    }
    const auto length =
        request.headers.contains("content-length") ? std::stoul(request.headers["content-length"]) : 0;
    while (buffered.size() < header_end + 4 + length)
        if (!more()) return std::nullopt;
    request.body = buffered.substr(header_end + 4, length);
    buffered.erase(0, header_end + 4 + length);
    return request;
}

} // namespace

ScriptedServer::ScriptedServer(std::function<std::string(const SeenRequest&)> answer)
    : answer_{std::move(answer)} {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::system_error{errno, std::generic_category(), "listening"};
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread{[this] { accept_all(); }};
}

ScriptedServer::~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
        const std::lock_guard lock{mutex_};
        for (const int connection : open_) ::shutdown(connection, SHUT_RDWR);
    }
    for (auto& thread : connections_) thread.join();
}

std::vector<SeenRequest> ScriptedServer::seen() const {
    const std::lock_guard lock{mutex_};
    return seen_;
}

void ScriptedServer::accept_all() {
    for (;;) {
        const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) return;
        const std::lock_guard lock{mutex_};
        open_.insert(connection);
        connections_.emplace_back([this, connection] { serve(connection); });
    }
}

void ScriptedServer::serve(int connection) {
    std::string buffered;
    while (auto request = read_request(connection, buffered)) {
        const std::lock_guard lock{mutex_};
        const std::string body = answer_(*request);
        seen_.push_back(std::move(*request));
        const std::string response =
            "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        if (::send(connection, response.data(), response.size(), MSG_NOSIGNAL) < 0) break;
    }
    const std::lock_guard lock{mutex_};
    open_.erase(connection);
    ::close(connection);
}

} // namespace nanomdm::test
