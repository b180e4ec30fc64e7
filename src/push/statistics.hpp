// What the APNs client counts for /metrics.
#pragma once

#include <atomic>
#include <cstdint>

namespace nanomdm::push {

/// Written by the I/O thread, read by anybody.
struct Statistics {
    std::atomic<std::uint64_t> connections_opened{0};
    std::atomic<std::uint64_t> connection_failures{0};
    std::atomic<std::uint64_t> goaways{0};
    std::atomic<std::uint64_t> retries{0};
    std::atomic<std::int64_t> connections{0}; ///< connecting, open and draining
    std::atomic<std::int64_t> in_flight{0};
};

} // namespace nanomdm::push
