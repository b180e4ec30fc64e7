// Enqueueing a command to many enrollments and waking those that got it, with an outcome for each.
#pragma once

#include "nanomdm/mdm/command.hpp"
#include "nanomdm/push/pusher.hpp"
#include "nanomdm/storage/queue_store.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nanomdm::service {

/// What became of one ID; members that do not apply are empty.
struct DeliveryStatus {
    std::string push_result; ///< the apns-id
    std::string push_error;
    std::string command_error;

    [[nodiscard]] bool failed() const noexcept { return !push_error.empty() || !command_error.empty(); }
};

/// What became of a whole call.
struct DeliveryOutcome {
    std::map<std::string, DeliveryStatus> status; ///< by ID as the caller wrote it
    bool no_push = false;
    std::string push_error;                  ///< nothing could be pushed at all
    std::optional<std::string> command_uuid; ///< of the command enqueued
    std::optional<std::string> request_type;
};

/// Blocking; waits for APNs when it pushes. Thread-safe.
class Delivery {
public:
    Delivery(QueueStore& queue, Pusher& pusher) noexcept : queue_{queue}, pusher_{pusher} {}

    [[nodiscard]] DeliveryOutcome push(std::vector<std::string> ids);
    /// Pushes, if asked to, only to the IDs that were enqueued without error.
    /// @throws Error{Errc::conflict} when the UUID is taken by other bytes.
    [[nodiscard]] DeliveryOutcome enqueue(const Command& command, std::vector<std::string> ids, bool push);

private:
    void push_to(const std::vector<EnrollmentId>& ids, DeliveryOutcome& outcome);

    QueueStore& queue_;
    Pusher& pusher_;
};

} // namespace nanomdm::service
