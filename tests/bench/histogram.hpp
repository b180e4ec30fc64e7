// Latencies in buckets at most 1.6 % wide, so that recording costs nanoseconds.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace nanomdm::bench {

class Histogram {
public:
    void record(std::chrono::nanoseconds latency) noexcept;
    void merge(const Histogram& other) noexcept;

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    /// The upper end of the bucket that holds the quantile. @param quantile 0 to 1
    [[nodiscard]] std::chrono::nanoseconds quantile(double quantile) const noexcept;
    [[nodiscard]] std::chrono::nanoseconds max() const noexcept { return max_; }

private:
    static constexpr unsigned sub_bits = 6;
    static constexpr std::size_t buckets = (64 - sub_bits + 1) << sub_bits;

    std::array<std::uint64_t, buckets> counts_{};
    std::uint64_t count_ = 0;
    std::chrono::nanoseconds max_{0};
};

} // namespace nanomdm::bench
