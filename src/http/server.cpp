// Accepting, spreading connections over the I/O threads, and the drain.
#include "http/server.hpp"

#include "http/io_thread.hpp"
#include "http/listener.hpp"
#include "http/open_files.hpp"
#include "http/router.hpp"
#include "http/session.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

namespace nanomdm::http {
namespace {

using namespace std::chrono_literals;

/// Out of file descriptors, say: trying again at once would only burn the processor.
constexpr auto accept_pause = 100ms;
/// For a request that was on its way when the drain began.
constexpr std::chrono::milliseconds max_idle_grace = 1s;

/// Connections never take the last quarter of the process's file descriptors: the storage needs some.
std::size_t affordable_connections(std::size_t wanted) {
    const std::size_t affordable = open_file_limit() / 4 * 3;
    if (wanted > affordable)
        log::info("open file limit bounds the connections", {{"connections", std::to_string(affordable)}});
    return std::min(wanted, affordable);
}

} // namespace

class Server::Impl {
public:
    Impl(WorkerPool& workers, WorkerPool& upstream, const ServerOptions& options)
        : context_{options, affordable_connections(options.limits.connections), workers, upstream} {
        const unsigned count = std::max(1u, context_.options.io_threads);
        for (unsigned i = 0; i < count; ++i)
            threads_.push_back(std::make_unique<IoThread>(context_.options.limits));
    }

    ~Impl() {
        if (started_) drain(0ms);
        for (auto& thread : threads_) thread->join();
    }

    std::string add(Listener listener, const Router& router, const TlsContext* tls) {
        const asio::generic::stream_protocol protocol{listener.family(), 0};
        const std::string address = listener.address();
        auto door = std::make_unique<Door>(std::move(listener), threads_.front()->context(), router, tls);
        door->acceptor.assign(protocol, door->listener.release());
        door->acceptor.non_blocking(true);
        doors_.push_back(std::move(door));
        return address;
    }

    void limit_bodies(std::uint64_t bytes) {
        auto& limit = context_.options.limits.body_bytes;
        limit = std::min(limit, bytes);
    }

    void start() {
        started_ = true;
        open_doors_ = doors_.size();
        for (auto& door : doors_) asio::co_spawn(threads_.front()->context(), accept(*door), asio::detached);
        for (auto& thread : threads_) thread->start();
    }

    bool drain(std::chrono::milliseconds grace) {
        if (!started_) return true;
        std::unique_lock lock{mutex_};
        if (ending_) return is_empty();
        ending_ = true;
        context_.draining = true;
        lock.unlock();
        for (auto& door : doors_)
            asio::post(door->acceptor.get_executor(), [&door = *door] { door.close(); });
        const auto idle_grace = std::min(max_idle_grace, grace / 2);
        for (auto& thread : threads_)
            asio::post(thread->context(), [&thread = *thread, idle_grace] { thread.limit_idle(idle_grace); });

        lock.lock();
        const bool clean = changed_.wait_for(lock, grace, [this] { return is_empty(); });
        lock.unlock();
        for (auto& thread : threads_) {
            asio::post(thread->context(), [&thread = *thread] {
                thread.close_all();
                thread.wind_down();
            });
            if (clean) thread->join();
        }
        return clean;
    }

    std::size_t open_connections() const noexcept { return context_.connections; }

    std::vector<std::uint64_t> io_beats() const {
        std::vector<std::uint64_t> beats;
        for (const auto& thread : threads_) beats.push_back(thread->beats());
        return beats;
    }

private:
    /// A listener being accepted from.
    struct Door {
        Door(Listener l, asio::io_context& context, const Router& r, const TlsContext* t)
            : listener{std::move(l)}, acceptor{context}, router{r}, tls{t}, pause{context} {}
        void close() {
            closing = true;
            error_code ignored;
            acceptor.cancel(ignored);
            pause.cancel();
        }
        Listener listener;
        Acceptor acceptor;
        const Router& router;
        const TlsContext* tls; ///< null: in the clear
        bool closing = false;
        asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> pause;
    };

    Awaitable<void> accept(Door& door) {
        while (!door.closing) {
            // Out of memory for one connection is no reason to take no other.
            try {
                co_await accept_one(door);
            } catch (const std::exception& failure) {
                log::error("cannot serve a connection", {{"error", failure.what()}});
            }
        }
        try {
            accept_waiting(door);
        } catch (const std::exception& failure) {
            log::error("cannot serve a connection", {{"error", failure.what()}});
        }
        error_code ignored;
        door.acceptor.close(ignored);
        const std::lock_guard lock{mutex_};
        --open_doors_;
        changed_.notify_all();
    }

    Awaitable<void> accept_one(Door& door) {
        IoThread& thread = next_thread();
        error_code error;
        auto token = asio::redirect_error(use_awaitable, error);
        Socket socket = co_await door.acceptor.async_accept(thread.context(), token);
        if (!error) {
            serve(thread, std::move(socket), door);
        } else if (!door.closing && error != asio::error::connection_aborted) {
            log::error("cannot accept a connection", {{"error", error.message()}});
            error_code ignored;
            auto pause_token = asio::redirect_error(use_awaitable, ignored);
            door.pause.expires_after(accept_pause);
            co_await door.pause.async_wait(pause_token);
        }
    }

    /// Whoever has connected before the door closes is served: the kernel would reset them.
    void accept_waiting(Door& door) {
        for (;;) {
            IoThread& thread = next_thread();
            error_code error;
            Socket socket = door.acceptor.accept(thread.context(), error);
            if (error) return;
            serve(thread, std::move(socket), door);
        }
    }

    IoThread& next_thread() noexcept { return *threads_[next_++ % threads_.size()]; }

    void serve(IoThread& thread, Socket socket, const Door& door) {
        const std::size_t open = context_.connections.fetch_add(1) + 1;
        const bool full = open > context_.connection_limit;
        try {
            asio::co_spawn(thread.context(), run(thread, std::move(socket), door, full), asio::detached);
        } catch (...) {
            ended();
            throw;
        }
    }

    Awaitable<void> run(IoThread& thread, Socket socket, const Door& door, bool full) {
        try {
            const asio::ip::tcp::no_delay no_delay{true};
            error_code not_tcp;
            socket.set_option(no_delay, not_tcp);
            Session session{context_, thread, std::move(socket), door.tls, door.router};
            if (full && !thread.expire_longest_idle())
                co_await session.turn_away();
            else
                co_await session.run();
        } catch (const std::exception& error) {
            log::error("connection failed", {{"error", error.what()}});
        }
        ended();
    }

    void ended() {
        if (context_.connections.fetch_sub(1) > 1 || !context_.draining) return;
        const std::lock_guard lock{mutex_};
        changed_.notify_all();
    }

    bool is_empty() const noexcept { return open_doors_ == 0 && context_.connections == 0; }

    ServerContext context_;
    std::vector<std::unique_ptr<IoThread>> threads_;
    std::vector<std::unique_ptr<Door>> doors_; // after the threads: their acceptors live in the first
    std::size_t next_ = 0;                     ///< on the first I/O thread only
    bool started_ = false;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t open_doors_ = 0;
    bool ending_ = false;
};

Server::Server(WorkerPool& workers, WorkerPool& upstream, ServerOptions options)
    : impl_{std::make_unique<Impl>(workers, upstream, options)} {}
Server::~Server() = default;

std::string Server::listen(const std::string& address, const Router& router, const TlsContext* tls) {
    return impl_->add(Listener::bind(address), router, tls);
}
std::string Server::adopt(int listening_socket, const Router& router, const TlsContext* tls) {
    return impl_->add(Listener::adopt(listening_socket), router, tls);
}
void Server::limit_bodies(std::uint64_t bytes) { impl_->limit_bodies(bytes); }

void Server::start() { impl_->start(); }
bool Server::drain(std::chrono::milliseconds grace) { return impl_->drain(grace); }
std::size_t Server::open_connections() const noexcept { return impl_->open_connections(); }
std::vector<std::uint64_t> Server::io_beats() const { return impl_->io_beats(); }

} // namespace nanomdm::http
