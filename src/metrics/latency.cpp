#include "metrics/latency.hpp"

#include <algorithm>

namespace nanomdm::metrics {

void Latency::observe(std::chrono::steady_clock::duration took) noexcept {
    const auto nanoseconds = std::chrono::nanoseconds{took}.count();
    const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), took) - bounds.begin();
    buckets_[static_cast<std::size_t>(bucket)].add();
    nanoseconds_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0)));
}

Latency::Snapshot& Latency::Snapshot::operator+=(const Snapshot& other) noexcept {
    for (std::size_t i = 0; i < cumulative.size(); ++i) cumulative[i] += other.cumulative[i];
    seconds += other.seconds;
    return *this;
}

Latency::Snapshot Latency::snapshot() const noexcept {
    Snapshot snapshot;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) snapshot.cumulative[i] = sum += buckets_[i].value();
    snapshot.seconds = static_cast<double>(nanoseconds_.value()) / 1e9;
    return snapshot;
}

} // namespace nanomdm::metrics
