// What the APNs client counts for /metrics.
#pragma once

#include "metrics/counter.hpp"
#include "metrics/latency.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nanomdm::push {

/// Written by the I/O thread, read by anybody.
struct Statistics {
    std::atomic<std::uint64_t> connections_opened{0};
    std::atomic<std::uint64_t> connection_failures{0};
    std::atomic<std::uint64_t> goaways{0};
    std::atomic<std::uint64_t> retries{0};
    std::atomic<std::int64_t> connections{0}; ///< connecting, open and draining
    std::atomic<std::int64_t> in_flight{0};
    metrics::Counter without_certificate; ///< notifications for topics that have none
};

/// How the notifications of one topic ended.
struct TopicStatistics {
    enum Outcome : std::size_t {
        sent,
        unregistered, ///< 410
        refused,      ///< any other answer that is final
        unavailable,  ///< 429, 500 or 503 until the time was up
        unanswered,
    };
    static constexpr std::array<std::string_view, 5> outcomes{"sent", "unregistered", "refused",
                                                              "unavailable", "unanswered"};

    std::array<metrics::Counter, outcomes.size()> ended; ///< by Outcome
    metrics::Latency latency;                            ///< from the call to its end, retries included
};

} // namespace nanomdm::push
