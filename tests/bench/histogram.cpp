// Bucket = position of the highest bit, then the six bits below it.
#include "bench/histogram.hpp"

#include <algorithm>
#include <bit>

namespace nanomdm::bench {

void Histogram::record(std::chrono::nanoseconds latency) noexcept {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 1));
    const auto width = static_cast<unsigned>(std::bit_width(value));
    const unsigned shift = width > sub_bits + 1 ? width - sub_bits - 1 : 0;
    ++counts_[(static_cast<std::size_t>(shift) << sub_bits) + static_cast<std::size_t>(value >> shift)];
    ++count_;
    max_ = std::max(max_, latency);
}

void Histogram::merge(const Histogram& other) noexcept {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
}

std::chrono::nanoseconds Histogram::quantile(double quantile) const noexcept {
    const auto wanted = static_cast<std::uint64_t>(static_cast<double>(count_) * quantile);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        seen += counts_[i];
        if (counts_[i] == 0 || seen <= wanted) continue;
        // The index holds shift * 64 + (value >> shift), whose second part is 64 to 127 once shift > 0.
        const std::size_t shift = i < (2U << sub_bits) ? 0 : (i >> sub_bits) - 1;
        const std::uint64_t top = i - (shift << sub_bits);
        return std::min(max_, std::chrono::nanoseconds{static_cast<std::int64_t>(((top + 1) << shift) - 1)});
    }
    return max_;
}

} // namespace nanomdm::bench
