// Closed loop: every connection has one request under way.
#include "load.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace nanomdm::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
    int socket = -1;
    std::string input;
    Clock::time_point sent;
};

int connect_to(unsigned port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(static_cast<std::uint16_t>(port));
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0)
        throw std::runtime_error{"cannot connect"};
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
}

/// @return the size of the first complete answer; 0 while there is none.
std::size_t complete(std::string_view input) {
    const auto end = input.find("\r\n\r\n");
    if (end == std::string_view::npos) return 0;
    static constexpr std::string_view name = "Content-Length: ";
    const auto field = input.find(name);
    std::size_t length = 0;
    if (field < end) length = std::stoul(std::string{input.substr(field + name.size(), 12)});
    return input.size() >= end + 4 + length ? end + 4 + length : 0;
}

} // namespace

std::string device_request(std::size_t body_bytes, std::size_t header_bytes) {
    std::string request =
        "PUT /mdm HTTP/1.1\r\nHost: mdm.example.org\r\nUser-Agent: MDM-OSX/1.0 mdmclient/1680\r\n"
        "Content-Type: application/xml; charset=UTF-8\r\nAccept: */*\r\nMdm-Signature: ";
    request.append(header_bytes, 'A');
    request.append("\r\nContent-Length: ").append(std::to_string(body_bytes)).append("\r\n\r\n");
    return request.append(body_bytes, 'x');
}

Result run(const Load& load) {
    const int poll = ::epoll_create1(0);
    std::vector<Connection> connections(load.connections);
    const auto send = [&load](Connection& connection) {
        connection.sent = Clock::now();
        return ::send(connection.socket, load.request.data(), load.request.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(load.request.size());
    };
    Result result;
    for (auto& connection : connections) {
        connection.socket = connect_to(load.port);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &connection;
        ::epoll_ctl(poll, EPOLL_CTL_ADD, connection.socket, &event);
        send(connection);
    }
    std::vector<double> latencies;
    const auto begin = Clock::now() + std::chrono::seconds{1};
    const auto end = begin + std::chrono::seconds{load.seconds};
    std::array<epoll_event, 64> events{};
    char buffer[65536];
    for (auto now = Clock::now(); now < end; now = Clock::now()) {
        const int ready = ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), 100);
        for (int i = 0; i < ready; ++i) {
            auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
            const auto received = ::recv(connection.socket, buffer, sizeof buffer, 0);
            if (received <= 0) {
                ++result.failed;
                ::close(connection.socket);
                continue;
            }
            connection.input.append(buffer, static_cast<std::size_t>(received));
            const auto size = complete(connection.input);
            if (size == 0) continue;
            const auto answered = Clock::now();
            if (!connection.input.starts_with("HTTP/1.1 200")) ++result.failed;
            connection.input.erase(0, size);
            ++result.requests;
            if (answered >= begin)
                latencies.push_back(
                    std::chrono::duration<double, std::micro>(answered - connection.sent).count());
            if (!send(connection)) ++result.failed;
        }
    }
    for (const auto& connection : connections) ::close(connection.socket);
    ::close(poll);
    std::sort(latencies.begin(), latencies.end());
    const auto quantile = [&latencies](double share) {
        if (latencies.empty()) return 0.0;
        return latencies[static_cast<std::size_t>(share * static_cast<double>(latencies.size() - 1))];
    };
    result.per_second = static_cast<double>(latencies.size()) / load.seconds;
    result.p50 = quantile(0.5);
    result.p99 = quantile(0.99);
    result.p999 = quantile(0.999);
    return result;
}

} // namespace nanomdm::bench
