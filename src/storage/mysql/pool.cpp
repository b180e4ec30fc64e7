#include "storage/mysql/pool.hpp"

#include "nanomdm/error.hpp"

#include <utility>

namespace nanomdm::storage::mysql {
namespace {

// Servers and the proxies before them drop connections that are quiet for longer.
constexpr std::chrono::seconds trusted_when_idle{30};

} // namespace

Pool::Lease::Lease(Pool& pool, Connection connection) noexcept
    : pool_{&pool}, connection_{std::move(connection)} {}

Pool::Lease::~Lease() {
    if (connection_.session) pool_->give_back(std::move(connection_));
}

Pool::Pool(Endpoint endpoint, PoolOptions options) : endpoint_{std::move(endpoint)}, options_{options} {
    idle_.reserve(options_.size); // giving back must not need memory
}

Pool::~Pool() = default;

Pool::Lease Pool::take() {
    std::unique_lock lock{mutex_};
    const auto deadline = Clock::now() + options_.longest_wait;
    for (;;) {
        ++waiting_;
        const bool has_one =
            returned_.wait_until(lock, deadline, [this] { return !idle_.empty() || open_ < options_.size; });
        --waiting_;
        if (!has_one) {
            throw Error{Errc::unavailable, "all " + std::to_string(options_.size) +
                                               " database connections have been busy for too long"};
        }
        if (idle_.empty()) break;
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        const auto now = Clock::now();
        const bool old = too_old(connection, now);
        const bool ask = suspect(connection, now);
        if (!old && !ask) return Lease{*this, std::move(connection)};
        lock.unlock(); // asking and closing wait for the network
        if (!old && connection.session->alive()) return Lease{*this, std::move(connection)};
        close(std::move(connection));
        lock.lock();
    }
    ++open_;
    lock.unlock();
    try {
        const auto now = Clock::now();
        return Lease{*this, Connection{std::make_unique<Session>(endpoint_), now, now}};
    } catch (...) {
        close({});
        throw;
    }
}

void Pool::give_back(Connection connection) noexcept {
    auto& session = *connection.session;
    if (session.in_transaction()) session.rollback();
    const auto now = Clock::now();
    if (session.broken() || too_old({nullptr, connection.opened, now}, now)) {
        close(std::move(connection));
        return;
    }
    connection.used = now;
    {
        const std::lock_guard lock{mutex_};
        idle_.push_back(std::move(connection));
    }
    returned_.notify_one();
}

void Pool::close(Connection connection) noexcept {
    connection.session.reset(); // first: the server counts it until then
    {
        const std::lock_guard lock{mutex_};
        --open_;
    }
    returned_.notify_one();
}

void Pool::suspect_idle() {
    const std::lock_guard lock{mutex_};
    suspect_before_ = Clock::now();
}

PoolUse Pool::use() const {
    const std::lock_guard lock{mutex_};
    return {open_, open_ - idle_.size(), waiting_};
}

bool Pool::too_old(const Connection& connection, Clock::time_point now) const {
    const auto over = [](Clock::duration age, std::chrono::milliseconds limit) {
        return limit.count() > 0 && age > limit;
    };
    return over(now - connection.opened, options_.max_lifetime) ||
           over(now - connection.used, options_.max_idle_time);
}

bool Pool::suspect(const Connection& connection, Clock::time_point now) const {
    return connection.used < suspect_before_ || now - connection.used > trusted_when_idle;
}

} // namespace nanomdm::storage::mysql
