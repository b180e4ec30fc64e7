// What is counted of the requests for one path.
#pragma once

#include "metrics/counter.hpp"
#include "metrics/latency.hpp"

#include <array>
#include <chrono>
#include <cstddef>

namespace nanomdm::http {

/// Any thread.
struct RequestStatistics {
    static constexpr std::size_t statuses = 600; ///< 0: none of HTTP's

    void count(unsigned status, std::chrono::steady_clock::duration took) noexcept {
        answers[status < statuses ? status : 0].add();
        latency.observe(took);
    }

    std::array<metrics::Counter, statuses> answers; ///< by status
    metrics::Latency latency;                       ///< from the first byte to the answer's last
};

} // namespace nanomdm::http
