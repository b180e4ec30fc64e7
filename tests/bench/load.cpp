// epoll, one send and mostly one recv per request; of the answer only status and length are read.
#include "bench/load.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <deque>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace nanomdm::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) { throw std::system_error{errno, std::generic_category(), what}; }

std::chrono::microseconds own_cpu() {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    const auto time = [](const timeval& t) {
        return std::chrono::seconds{t.tv_sec} + std::chrono::microseconds{t.tv_usec};
    };
    return time(usage.ru_utime) + time(usage.ru_stime);
}

/// Where an answer ends, and what it says.
struct Answer {
    int status = 0;
    std::size_t body_start = 0;
    std::size_t end = 0;
};

/// @return nullopt when more bytes are needed.
std::optional<Answer> parse_answer(std::string_view bytes) {
    const auto head_end = bytes.find("\r\n\r\n");
    if (head_end == std::string_view::npos) return std::nullopt;
    Answer answer;
    std::from_chars(bytes.data() + 9, bytes.data() + 12, answer.status);
    answer.body_start = head_end + 4;
    std::size_t length = 0;
    for (std::size_t line = bytes.find("\r\n"); line < head_end; line = bytes.find("\r\n", line + 2)) {
        constexpr std::string_view name = "content-length:";
        if (line + 2 + name.size() > head_end ||
            ::strncasecmp(bytes.data() + line + 2, name.data(), name.size()) != 0)
            continue;
        const char* digits = bytes.data() + line + 2 + name.size();
        while (*digits == ' ') ++digits;
        std::from_chars(digits, bytes.data() + head_end, length);
        break;
    }
    answer.end = answer.body_start + length;
    if (bytes.size() < answer.end) return std::nullopt;
    return answer;
}

} // namespace

struct Load::Connection {
    unsigned number = 0;
    int socket = -1;
    bool waiting = false;   ///< for an answer
    std::string_view next;  ///< at a fixed rate: to be sent when it is due
    Clock::time_point sent; ///< or should have been
    std::size_t filled = 0;
    std::vector<char> buffer = std::vector<char>(64 * 1024);
};

struct Load::Running {
    Traffic& traffic;
    LoadResult& result;
    bool counting = false;
    bool ending = false; ///< no new requests
    unsigned busy = 0;   ///< connections that wait for an answer
    // At a fixed rate:
    std::optional<Clock::duration> interval = {};
    Clock::time_point due{};           ///< when the next request should be sent
    std::deque<Connection*> free = {}; ///< that have a request to send, the one longest free first
};

Load::Load(const std::string& url, unsigned connections) : epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
    if (epoll_ < 0) fail("epoll_create1");
    const auto start = url.find("://");
    const auto colon = url.rfind(':');
    if (!url.starts_with("http://") || colon <= start)
        throw std::runtime_error{"the URL must be http://ADDRESS:PORT"};
    host_ = url.substr(start + 3, colon - start - 3);
    if (host_ == "localhost") host_ = "127.0.0.1";
    std::from_chars(url.data() + colon + 1, url.data() + url.size(), port_);
    for (unsigned i = 0; i < connections; ++i) {
        connections_.push_back(std::make_unique<Connection>());
        connections_.back()->number = i;
        connect(*connections_.back());
    }
}

Load::~Load() {
    for (const auto& connection : connections_) ::close(connection->socket);
    ::close(epoll_);
}

void Load::connect(Connection& connection) {
    if (connection.socket >= 0) ::close(connection.socket);
    connection.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    connection.filled = 0;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    if (::inet_pton(AF_INET, host_.c_str(), &address.sin_addr) != 1)
        throw std::runtime_error{"no IPv4 address: " + host_};
    if (connection.socket < 0 ||
        ::connect(connection.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        fail("connect");
    const int on = 1;
    ::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event) != 0) fail("epoll_ctl");
}

void Load::send(Connection& connection, std::string_view bytes) {
    connection.waiting = true;
    while (!bytes.empty()) {
        const auto count = ::send(connection.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0) return; // reading will notice that the connection is gone
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

/// Reads what is there. @return whether an answer was completed (or the connection broke).
bool Load::receive(Connection& connection, Running& running) {
    if (connection.filled == connection.buffer.size()) connection.buffer.resize(connection.buffer.size() * 2);
    const auto count = ::recv(connection.socket, connection.buffer.data() + connection.filled,
                              connection.buffer.size() - connection.filled, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    int status = 0;
    std::string_view body;
    if (count <= 0) {
        connect(connection);
        if (!connection.waiting) return false; // an idle connection was closed: no harm
    } else {
        connection.filled += static_cast<std::size_t>(count);
        const auto answer = parse_answer({connection.buffer.data(), connection.filled});
        if (!answer) return false;
        status = answer->status;
        body = {connection.buffer.data() + answer->body_start, answer->end - answer->body_start};
        connection.filled = 0;
    }
    if (running.counting) {
        ++running.result.requests;
        if (status != 200) ++running.result.errors;
        running.result.latencies.record(Clock::now() - connection.sent);
    }
    connection.waiting = false;
    --running.busy;
    if (!running.ending) offer(connection, running.traffic.next(connection.number, status, body), running);
    return true;
}

void Load::offer(Connection& connection, std::string_view bytes, Running& running) {
    if (bytes.empty()) return;
    if (running.interval) {
        connection.next = bytes;
        running.free.push_back(&connection);
        return;
    }
    connection.sent = Clock::now();
    send(connection, bytes);
    ++running.busy;
}

void Load::send_due(Running& running) {
    if (!running.interval || running.ending) return;
    for (const auto now = Clock::now(); running.due <= now && !running.free.empty();) {
        auto& connection = *running.free.front();
        running.free.pop_front();
        connection.sent = running.due;
        running.due += *running.interval;
        send(connection, connection.next);
        ++running.busy;
    }
}

void Load::run(Traffic& traffic, const Schedule& schedule, LoadResult& result) {
    Running running{.traffic = traffic, .result = result};
    if (schedule.rate > 0)
        running.interval =
            std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{1 / schedule.rate});
    const auto start = Clock::now();
    const auto warm = start + std::chrono::duration_cast<Clock::duration>(schedule.warmup);
    Clock::time_point counted_from{};
    Clock::time_point next_tick{};
    std::chrono::microseconds client_cpu{0};
    CpuTimes cpu;

    running.due = start;
    for (auto& connection : connections_) offer(*connection, traffic.first(connection->number), running);
    const auto finish_counting = [&] {
        if (!running.counting) return;
        running.counting = false;
        result.elapsed += Clock::now() - counted_from;
        result.client_cpu += own_cpu() - client_cpu;
        if (schedule.cpu) result.cpu += schedule.cpu() - cpu;
    };
    epoll_event events[64];
    while (running.busy > 0 || (!running.ending && !running.free.empty())) {
        send_due(running);
        const auto now = Clock::now();
        if (!running.counting && !running.ending && now >= warm) {
            running.counting = true;
            counted_from = now;
            next_tick = now;
            client_cpu = own_cpu();
            if (schedule.cpu) cpu = schedule.cpu();
        }
        if (running.counting && now - counted_from >= schedule.counted) {
            finish_counting();
            running.ending = true;
        }
        if (running.counting && now >= next_tick) {
            next_tick = now + std::chrono::seconds{1};
            if (schedule.tick) schedule.tick(result);
        }
        auto patience = std::chrono::nanoseconds{100ms};
        if (!running.free.empty() && !running.ending)
            patience = std::clamp<std::chrono::nanoseconds>(running.due - Clock::now(), 0ns, patience);
        const timespec timeout{.tv_sec = 0, .tv_nsec = patience.count()};
        const int ready = ::epoll_pwait2(epoll_, events, 64, &timeout, nullptr);
        for (int i = 0; i < ready; ++i) receive(*static_cast<Connection*>(events[i].data.ptr), running);
    }
    finish_counting();
}

} // namespace nanomdm::bench
