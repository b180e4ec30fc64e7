// How long things take: a histogram that costs two atomic additions for each of them.
#pragma once

#include "metrics/counter.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace nanomdm::metrics {

/// Any thread.
class Latency {
public:
    /// Upper bounds of the buckets; what takes longer goes into one more.
    static constexpr std::array<std::chrono::microseconds, 15> bounds{
        std::chrono::microseconds{250},       std::chrono::microseconds{500},
        std::chrono::microseconds{1'000},     std::chrono::microseconds{2'500},
        std::chrono::microseconds{5'000},     std::chrono::microseconds{10'000},
        std::chrono::microseconds{25'000},    std::chrono::microseconds{50'000},
        std::chrono::microseconds{100'000},   std::chrono::microseconds{250'000},
        std::chrono::microseconds{500'000},   std::chrono::microseconds{1'000'000},
        std::chrono::microseconds{2'500'000}, std::chrono::microseconds{10'000'000},
        std::chrono::microseconds{30'000'000}};

    void observe(std::chrono::steady_clock::duration took) noexcept;

    /// Observations that took no longer than the bound of that index; at bounds.size(), all.
    struct Snapshot {
        std::array<std::uint64_t, bounds.size() + 1> cumulative{};
        double seconds = 0; ///< of all together

        Snapshot& operator+=(const Snapshot& other) noexcept;
    };
    [[nodiscard]] Snapshot snapshot() const noexcept;

private:
    std::array<Counter, bounds.size() + 1> buckets_;
    Counter nanoseconds_;
};

/// Observes the time from its construction to its end.
class Stopwatch {
public:
    explicit Stopwatch(Latency& latency) noexcept : latency_{latency} {}
    ~Stopwatch() { latency_.observe(std::chrono::steady_clock::now() - begun_); }
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;

private:
    Latency& latency_;
    const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

} // namespace nanomdm::metrics
