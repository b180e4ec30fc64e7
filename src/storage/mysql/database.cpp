#include "storage/mysql/database.hpp"

#include "log/log.hpp"
#include "storage/mysql/failure.hpp"

#include <algorithm>
#include <random>
#include <thread>

namespace nanomdm::storage::mysql {
namespace {

using Clock = std::chrono::steady_clock;

bool worth_repeating(FailureKind kind) {
    return kind == FailureKind::conflict || kind == FailureKind::connection_lost ||
           kind == FailureKind::not_ready;
}

/// Doubles from 5 ms to 320 ms, less a random part, so that those who collided don't again.
std::chrono::microseconds pause_before(unsigned attempt) {
    const auto longest = std::chrono::microseconds{5000} * (1U << std::min(attempt, 6U));
    thread_local std::minstd_rand random{std::random_device{}()};
    return std::chrono::microseconds{
        std::uniform_int_distribution<std::int64_t>{longest.count() / 2, longest.count()}(random)};
}

} // namespace

Database::Database(Endpoint endpoint, PoolOptions options, std::chrono::milliseconds patience)
    : pool_{std::move(endpoint), options}, patience_{patience} {}

void Database::repeat(const std::function<void(Session&)>& work, Mode mode) {
    const auto deadline = Clock::now() + patience_;
    for (unsigned attempt = 0;; ++attempt) {
        try {
            once(work, mode);
            return;
        } catch (const Failure& failure) {
            if (failure.kind() == FailureKind::connection_lost) pool_.suspect_idle();
            const auto pause = pause_before(attempt);
            if (!worth_repeating(failure.kind()) || Clock::now() + pause > deadline) throw;
            log::debug("database work is done again",
                       {{"attempt", std::to_string(attempt + 1)}, {"err", failure.what()}});
            std::this_thread::sleep_for(pause);
        }
    }
}

void Database::once(const std::function<void(Session&)>& work, Mode mode) {
    const auto lease = pool_.take();
    if (mode == Mode::autocommit) {
        work(*lease);
        return;
    }
    lease->begin();
    work(*lease); // an exception: giving the connection back rolls it back
    lease->commit();
}

} // namespace nanomdm::storage::mysql
