// Waking enrollments by APNs: what the API calls, and what delivers.
#pragma once

#include "nanomdm/mdm/enrollment.hpp"
#include "nanomdm/mdm/push_info.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nanomdm {

/// The outcome for one enrollment: `apns_id` on success, else `error`.
struct PushResult {
    std::string apns_id;
    std::string error; ///< for the administrator: "push HTTP status: 400: APNs push error: BadDeviceToken"

    [[nodiscard]] bool ok() const noexcept { return error.empty(); }
};

/// Sends MDM push notifications to enrollments. Blocking and thread-safe; waits for APNs, so call it on
/// an upstream thread, not on a worker.
class Pusher {
public:
    virtual ~Pusher() = default;
    /// @return one result per ID, in order. @throws Error only when nothing could be sent at all.
    virtual std::vector<PushResult> push(std::span<const EnrollmentId> ids) = 0;
};

/// APNs' answer to one notification.
struct ProviderResponse {
    int status = 0;                           ///< HTTP status; 0: no answer, see error
    std::string apns_id;                      ///< header apns-id
    std::string reason;                       ///< APNs' reason, such as "BadDeviceToken"
    std::optional<TimePoint> unregistered_at; ///< 410: since when the token is no longer valid
    std::string error;                        ///< why there was no answer, when status is 0
};

/// Delivers to APNs under the certificate of one topic.
class PushProvider {
public:
    virtual ~PushProvider() = default;
    /// Sends one notification per entry, all at once as far as the peer's limits allow; retries what APNs
    /// or the network asks to retry until `deadline`. @return one response per entry, in order.
    virtual std::vector<ProviderResponse> push(const Topic& topic, std::span<const PushInfo> targets,
                                               std::chrono::steady_clock::time_point deadline) = 0;
};

} // namespace nanomdm
