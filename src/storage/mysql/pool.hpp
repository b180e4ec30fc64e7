// A bounded pool of connections.
#pragma once

#include "storage/mysql/endpoint.hpp"
#include "storage/mysql/session.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace nanomdm::storage::mysql {

struct PoolOptions {
    std::size_t size = 16;
    std::chrono::milliseconds max_lifetime{0};    ///< of a connection; 0: unlimited
    std::chrono::milliseconds max_idle_time{0};   ///< unused for longer: closed; 0: unlimited
    std::chrono::milliseconds longest_wait{5000}; ///< for a connection while all are in use
};

struct PoolUse {
    std::size_t open = 0;
    std::size_t in_use = 0;
    std::size_t waiting = 0; ///< callers for a connection
};

/// Thread-safe. Connects on demand; lends the connection used last, so that a quiet pool shrinks.
class Pool {
public:
    using Clock = std::chrono::steady_clock;

    struct Connection {
        std::unique_ptr<Session> session;
        Clock::time_point opened;
        Clock::time_point used; ///< last, when it is idle
    };

    /// One connection, lent; goes back at the end, or is closed when it is broken.
    class Lease {
    public:
        Lease(Pool& pool, Connection connection) noexcept;
        Lease(Lease&&) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        ~Lease();
        Session& operator*() const noexcept { return *connection_.session; }
        Session* operator->() const noexcept { return connection_.session.get(); }

    private:
        Pool* pool_;
        Connection connection_;
    };

    Pool(Endpoint endpoint, PoolOptions options);
    ~Pool(); ///< every lease must be back

    /// @throws Failure when no connection can be made, Error{Errc::unavailable} when none became free in
    /// time.
    [[nodiscard]] Lease take();

    /// The server has gone: connections that were idle then are asked before they are lent again.
    void suspect_idle();
    [[nodiscard]] PoolUse use() const;
    [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }

private:
    /// Whether the server must say first that it still knows the connection.
    [[nodiscard]] bool suspect(const Connection& connection, Clock::time_point now) const;
    void give_back(Connection connection) noexcept;
    void close(Connection connection) noexcept;
    [[nodiscard]] bool too_old(const Connection& connection, Clock::time_point now) const;

    const Endpoint endpoint_;
    const PoolOptions options_;
    mutable std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<Connection> idle_; ///< the one used last at the end
    std::size_t open_ = 0;         ///< idle, lent, and being made
    std::size_t waiting_ = 0;
    Clock::time_point suspect_before_{};
};

} // namespace nanomdm::storage::mysql
