// One I/O thread: an event loop of its own, the sessions that live on it, and their deadlines.
#pragma once

#include "http/asio_types.hpp"
#include "http/server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <thread>

namespace nanomdm::http {

class Session;
using Clock = std::chrono::steady_clock;

/// An event loop run by a single thread is its sessions' implicit strand: nothing here needs a lock, and all
/// but the constructor, start, join and context() is called on that thread.
///
/// Deadlines are looked at in sweeps rather than by a timer per operation: setting one is then a store, where
/// a timer would be two heap operations and often a system call.
class IoThread {
public:
    using Sessions = std::list<Session*>;

    explicit IoThread(const ServerLimits& limits);
    IoThread(const IoThread&) = delete;
    IoThread& operator=(const IoThread&) = delete;

    [[nodiscard]] asio::io_context& context() noexcept { return context_; }

    void start();
    /// Returns once every coroutine has ended; wind_down() must have been asked for.
    void join();

    Sessions::iterator enter(Session& session);
    void leave(Sessions::iterator place, bool idle) noexcept;
    /// Idle sessions are kept in the order they became idle.
    void mark_idle(Sessions::iterator place) noexcept;
    void mark_busy(Sessions::iterator place) noexcept;

    /// @return false when no session is idle.
    bool expire_longest_idle() noexcept;
    /// Gives idle sessions this long to send a request that is on its way already.
    void limit_idle(Clock::duration time) noexcept;
    /// Closes every socket under its session; a session in a handler ends when the handler returns.
    void close_all() noexcept;
    /// Lets the thread end as soon as the last session has.
    void wind_down() noexcept;

    /// Grows several times a second while the loop goes round. Any thread.
    [[nodiscard]] std::uint64_t beats() const noexcept { return beats_.load(std::memory_order_relaxed); }

    /// Where sessions receive into, so that an idle one holds no buffer. Not kept across a suspension.
    [[nodiscard]] std::array<char, 64 * 1024>& scratch() noexcept { return scratch_; }

private:
    void serve();
    void sweep();

    asio::io_context context_{1};
    asio::executor_work_guard<Executor> work_;
    asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> timer_;
    const Clock::duration interval_;
    std::atomic<std::uint64_t> beats_{0};
    bool ending_ = false;
    Sessions busy_;
    Sessions idle_;
    std::array<char, 64 * 1024> scratch_;
    std::thread thread_;
};

} // namespace nanomdm::http
