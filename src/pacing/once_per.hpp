// Keeps a log line that every device of a fleet could cause from filling the log.
#pragma once

#include <atomic>
#include <chrono>
#include <limits>

namespace nanomdm {

/// Of many events, lets one through per interval. Thread-safe, without a lock.
class OncePer {
public:
    using Clock = std::chrono::steady_clock;

    explicit OncePer(Clock::duration interval) noexcept : interval_{interval.count()} {}

    /// @return true for the first call, and then for the first one in each interval after a true.
    [[nodiscard]] bool due(Clock::time_point now = Clock::now()) noexcept {
        const Clock::rep ticks = now.time_since_epoch().count();
        Clock::rep last = last_.load(std::memory_order_relaxed);
        if (last != never && ticks - last < interval_) return false;
        return last_.compare_exchange_strong(last, ticks, std::memory_order_relaxed);
    }

private:
    static constexpr Clock::rep never = std::numeric_limits<Clock::rep>::min();

    const Clock::rep interval_;
    std::atomic<Clock::rep> last_{never};
};

} // namespace nanomdm
