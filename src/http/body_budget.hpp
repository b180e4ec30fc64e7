// How much memory the bodies of all requests may hold together, before anybody is authenticated.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace nanomdm::http {

/// Thread-safe.
class BodyBudget {
public:
    explicit BodyBudget(std::uint64_t bytes) noexcept : left_{static_cast<std::int64_t>(bytes)} {}

private:
    friend class BodyShare;
    std::atomic<std::int64_t> left_;
};

/// What one request's body takes of the budget, given back at the end.
class BodyShare {
public:
    explicit BodyShare(BodyBudget& budget) noexcept : budget_{budget} {}
    ~BodyShare() { budget_.left_.fetch_add(taken_, std::memory_order_relaxed); }
    BodyShare(const BodyShare&) = delete;
    BodyShare& operator=(const BodyShare&) = delete;

    /// Takes what is missing to `bytes`; step by step as a body arrives. @return false when there is no room.
    [[nodiscard]] bool cover(std::size_t bytes) noexcept {
        const auto more = static_cast<std::int64_t>(bytes) - taken_;
        // The number of connections bounds small bodies already: great ones must not shut check-ins out.
        if (bytes <= free || more <= 0) return true;
        taken_ += more;
        return budget_.left_.fetch_sub(more, std::memory_order_relaxed) >= more;
    }

private:
    static constexpr std::size_t free = 16 * 1024;

    BodyBudget& budget_;
    std::int64_t taken_ = 0;
};

} // namespace nanomdm::http
