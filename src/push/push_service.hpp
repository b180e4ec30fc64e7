// Pushes to enrollments: looks up where to, sends per topic, puts the outcomes into words.
#pragma once

#include "metrics/counter.hpp"
#include "nanomdm/push/pusher.hpp"
#include "nanomdm/storage/push_store.hpp"

#include <chrono>

namespace nanomdm::push {

/// Of IDs that nothing was sent to.
struct PushServiceStatistics {
    metrics::Counter no_push_data; ///< unknown, disabled, or never completed
    metrics::Counter not_pushable; ///< APNs knows the token no more
};

struct PushServiceOptions {
    std::chrono::milliseconds deadline{30'000}; ///< of one call, retries included
};

/// Thread-safe and blocking, as Pusher says.
class PushService final : public Pusher {
public:
    PushService(PushStore& store, PushProvider& provider, PushServiceOptions options = {}) noexcept
        : store_{store}, provider_{provider}, options_{options} {}

    /// @throws Error when the storage cannot say where to push. An ID named twice gets one notification.
    std::vector<PushResult> push(std::span<const EnrollmentId> ids) override;

    [[nodiscard]] const PushServiceStatistics& statistics() const noexcept { return statistics_; }

private:
    void mark_not_pushable(std::span<const DeadToken> tokens) noexcept;

    PushStore& store_;
    PushProvider& provider_;
    PushServiceOptions options_;
    PushServiceStatistics statistics_;
};

} // namespace nanomdm::push
