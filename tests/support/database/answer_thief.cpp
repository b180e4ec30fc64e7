// One thread per connection; of the protocol it knows the packet header and which commands have an answer.
// https://mariadb.com/kb/en/0-packet/
#include "support/database/answer_thief.hpp"

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace nanomdm::test {
namespace {

class Descriptor {
public:
    explicit Descriptor(int number) : number_{number} {
        if (number_ < 0) throw std::system_error{errno, std::generic_category(), "socket"};
    }
    Descriptor(Descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    [[nodiscard]] int get() const noexcept { return number_; }

private:
    int number_;
};

Descriptor stream_socket() { return Descriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}; }

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

bool write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

/// Counts the commands in what a client sends: packets with sequence number 0. Each packet is three bytes of
/// length, one of its number, and so many bytes.
class CommandCounter {
public:
    /// @return how many commands that are answered begin in these bytes.
    int count(std::string_view bytes) {
        int commands = 0;
        for (const char c : bytes) {
            const auto byte = static_cast<unsigned char>(c);
            if (header_bytes_ < 4) {
                header_[header_bytes_++] = byte;
                if (header_bytes_ < 4) continue;
                left_ = header_[0] + (std::size_t{header_[1]} << 8) + (std::size_t{header_[2]} << 16);
                is_first_ = header_[3] == 0;
            } else {
                if (is_first_ && is_answered(byte)) ++commands;
                is_first_ = false;
                --left_;
            }
            if (left_ == 0) header_bytes_ = 0;
        }
        return commands;
    }

private:
    static bool is_answered(unsigned char command) {
        constexpr unsigned char quit = 0x01;
        constexpr unsigned char send_long_data = 0x18;
        constexpr unsigned char close_statement = 0x19;
        return command != quit && command != send_long_data && command != close_statement;
    }

    std::array<unsigned char, 4> header_{};
    std::size_t header_bytes_ = 0;
    std::size_t left_ = 0;
    bool is_first_ = false;
};

} // namespace

class AnswerThief::Impl {
public:
    explicit Impl(std::uint16_t server_port) : server_port_{server_port}, listener_{stream_socket()} {
        auto address = loopback(0);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 64) != 0 ||
            ::getsockname(listener_.get(), generic, &size) != 0)
            throw std::system_error{errno, std::generic_category(), "listen"};
        port_ = ntohs(address.sin_port);
        acceptor_ = std::jthread{[this](const std::stop_token& stop) { accept_until(stop); }};
    }

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    void steal(int count) {
        stolen_ = false;
        countdown_ = count;
    }
    bool has_stolen() {
        countdown_ = 0;
        return stolen_;
    }

private:
    static constexpr int look_every_ms = 20; ///< whether it is to end

    void accept_until(const std::stop_token& stop) {
        std::vector<std::jthread> connections; // their destructors ask them to stop
        while (!stop.stop_requested()) {
            pollfd waiting{.fd = listener_.get(), .events = POLLIN, .revents = 0};
            if (::poll(&waiting, 1, look_every_ms) <= 0) continue;
            const int client = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
            if (client < 0) continue;
            connections.emplace_back([this, held = Descriptor{client}](const std::stop_token& ending) {
                serve(held.get(), ending);
            });
        }
    }

    void serve(int client, const std::stop_token& stop) {
        const auto server = stream_socket();
        const auto address = loopback(server_port_);
        if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return;
        CommandCounter counter;
        bool steals = false;
        std::array<char, 65536> buffer;
        while (!stop.stop_requested()) {
            std::array<pollfd, 2> both{pollfd{.fd = client, .events = POLLIN, .revents = 0},
                                       pollfd{.fd = server.get(), .events = POLLIN, .revents = 0}};
            if (::poll(both.data(), both.size(), look_every_ms) <= 0) continue;
            for (const auto& from : both) {
                if (from.revents == 0) continue;
                const bool from_client = from.fd == client;
                const auto size = ::recv(from.fd, buffer.data(), buffer.size(), 0);
                if (size <= 0) return;
                const std::string_view bytes{buffer.data(), static_cast<std::size_t>(size)};
                if (from_client) {
                    for (int commands = counter.count(bytes); commands > 0; --commands)
                        if (countdown_ > 0 && --countdown_ == 0) steals = true;
                } else if (steals) {
                    stolen_ = true;
                    return; // both connections close
                }
                if (!write_all(from_client ? server.get() : client, bytes)) return;
            }
        }
    }

    const std::uint16_t server_port_;
    const Descriptor listener_;
    std::uint16_t port_ = 0;
    std::atomic<int> countdown_{0};
    std::atomic<bool> stolen_{false};
    std::jthread acceptor_; ///< last: it uses the others
};

AnswerThief::AnswerThief(std::uint16_t server_port) : impl_{std::make_unique<Impl>(server_port)} {}
AnswerThief::~AnswerThief() = default;
std::uint16_t AnswerThief::port() const noexcept { return impl_->port(); }
void AnswerThief::steal_answer(int count) { impl_->steal(count); }
bool AnswerThief::has_stolen() { return impl_->has_stolen(); }

} // namespace nanomdm::test
