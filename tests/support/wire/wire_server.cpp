// Accepting, and one thread per connection.
#include "support/wire/wire_server.hpp"

#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <exception>
#include <list>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace nanomdm::test {

class WireServer::Impl {
public:
    explicit Impl(Serve serve) : serve_{std::move(serve)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (listener_ < 0 || ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
            ::listen(listener_, 1024) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::system_error{errno, std::generic_category(), "listening"};
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread{[this] { accept_all(); }};
    }

    ~Impl() {
        ::shutdown(listener_, SHUT_RDWR);
        acceptor_.join();
        ::close(listener_);
        {
            const std::lock_guard lock{mutex_};
            for (Wire& wire : wires_) wire.shut();
        }
        for (auto& thread : threads_) thread.join();
    }

    std::uint16_t port() const noexcept { return port_; }
    std::size_t connections() const noexcept { return connections_; }

private:
    void accept_all() {
        for (;;) {
            const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
            if (socket < 0) return;
            const int on = 1;
            ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            ++connections_;
            const std::lock_guard lock{mutex_};
            const auto wire = wires_.emplace(wires_.end(), socket);
            threads_.emplace_back([this, wire] { serve(wire); });
        }
    }

    void serve(std::list<Wire>::iterator wire) {
        try {
            while (const auto head = wire->read_head()) {
                if (!serve_(*wire, *head)) break;
            }
        } catch (const std::exception&) { // what a test wants to know it asks for itself
        }
        const std::lock_guard lock{mutex_};
        wires_.erase(wire);
    }

    const Serve serve_;
    int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::uint16_t port_ = 0;
    std::atomic<std::size_t> connections_{0};
    std::mutex mutex_;
    std::list<Wire> wires_;
    std::list<std::thread> threads_;
    std::thread acceptor_;
};

WireServer::WireServer(Serve serve) : impl_{std::make_unique<Impl>(std::move(serve))} {}
WireServer::~WireServer() = default;

std::uint16_t WireServer::port() const noexcept { return impl_->port(); }
std::string WireServer::url() const { return "http://127.0.0.1:" + std::to_string(port()); }
std::size_t WireServer::connections() const { return impl_->connections(); }

} // namespace nanomdm::test
