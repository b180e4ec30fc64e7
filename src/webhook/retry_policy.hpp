// What becomes of an event that was not delivered: tried again later, or given up.
#pragma once

#include "nanomdm/storage/outbox_store.hpp"
#include "pacing/backoff.hpp"
#include "webhook/receiver.hpp"

#include <chrono>

namespace nanomdm::webhook {

struct RetryPolicy {
    /// Since it was recorded; an older one is given up at its next failure.
    std::chrono::seconds max_age{std::chrono::hours{72}};
    /// One that was refused so often is given up, so that it does not hold back its enrollment for days.
    int max_refusals = 5;
    Backoff::Bounds pause{.first = std::chrono::seconds{1}, .longest = std::chrono::minutes{10}};
};

/// Completes the visit that ended with the failure of `event`.
/// @param before the tries of this event before
void settle(LaneVisit& visit, const OutboxEvent& event, Tries before, const Verdict& verdict,
            const RetryPolicy& policy, Backoff& backoff, TimePoint now);

} // namespace nanomdm::webhook
