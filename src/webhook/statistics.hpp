// What the webhook counts for /metrics.
#pragma once

#include <atomic>
#include <cstdint>

namespace nanomdm::webhook {

/// Written by the webhook's threads, read by anybody.
struct Statistics {
    // Since the start of the process.
    std::atomic<std::uint64_t> delivered{0}; ///< events from the outbox
    std::atomic<std::uint64_t> failed{0};    ///< tries of such that were no success
    std::atomic<std::uint64_t> dead{0};      ///< events given up
    std::atomic<std::uint64_t> shed{0};      ///< events removed because there were too many
    std::atomic<std::uint64_t> notices_delivered{0};
    std::atomic<std::uint64_t> notices_dropped{0};

    // Of the outbox, all processes' together; seconds old.
    std::atomic<std::uint64_t> backlog{0};
    std::atomic<std::uint64_t> dead_letters{0};
    std::atomic<std::int64_t> oldest{
        0}; ///< when the event that waits longest was recorded, Unix time; 0: none
};

} // namespace nanomdm::webhook
