#include "webhook/retry_policy.hpp"

namespace nanomdm::webhook {

void settle(LaneVisit& visit, const OutboxEvent& event, Tries before, const Verdict& verdict,
            const RetryPolicy& policy, Backoff& backoff, TimePoint now) {
    const bool refused = verdict.outcome == Verdict::Outcome::refused;
    const Tries tries{.failed = before.failed + 1, .refused = before.refused + (refused ? 1 : 0)};
    const std::string count = std::to_string(tries.failed) + (tries.failed == 1 ? " try" : " tries");
    if (refused && tries.refused >= policy.max_refusals)
        visit.buried_because = "refused, " + count + ": " + verdict.reason;
    else if (now - event.recorded_at > policy.max_age)
        visit.buried_because = "too old, " + count + ": " + verdict.reason;
    else
        visit.retry = LaneRetry{.after = backoff.after(static_cast<unsigned>(tries.failed)), .tries = tries};
}

} // namespace nanomdm::webhook
