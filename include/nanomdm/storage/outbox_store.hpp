// Events that wait for the webhook's receiver. Part of the storage interface.
#pragma once

#include "nanomdm/mdm/event.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nanomdm {

struct OutboxEvent {
    std::uint64_t sequence = 0; ///< counts up per enrollment, in the order recorded; gaps mean nothing
    TimePoint recorded_at;      ///< by the storage's clock; of a replayed event, when it was replayed
    Event event;
};

/// What became of the first event of a lane so far. Kept by the storage, given its meaning by the sender.
struct Tries {
    int failed = 0;
    int refused = 0; ///< of those, the ones that were answered with a refusal

    friend bool operator==(const Tries&, const Tries&) = default;
};

/// The events of one enrollment that are next, leased to one sender: until the lease ends nobody else gets
/// any of the enrollment.
struct OutboxLane {
    EnrollmentId enrollment;
    std::string lease; ///< names this lease
    std::vector<OutboxEvent> events;
    Tries tries; ///< of the first event
};

/// How much a sender takes at once.
struct LeaseRequest {
    std::size_t lanes = 1;
    std::size_t events_each = 1;
    /// Of the events' bodies; a lane's first event comes however large it is.
    std::size_t bytes_each = 1 << 20;
    std::chrono::milliseconds length{60'000};
};

struct LaneRetry {
    std::chrono::milliseconds after{}; ///< nothing of the lane is due before
    Tries tries;                       ///< of the event that is the first now
};

/// How a visit to a lane ended. All of it takes effect at once, and the lease ends.
struct LaneVisit {
    EnrollmentId enrollment;
    std::string lease;
    std::uint64_t delivered_through = 0; ///< events up to this sequence go; 0: none
    /// The event behind those becomes a dead letter, with why.
    std::optional<std::string> buried_because = {};
    std::optional<LaneRetry> retry = {}; ///< without one, the lane is due at once
};

/// An event that was given up. Its body stays with the storage, for the replay.
struct DeadLetter {
    std::uint64_t number = 0; ///< counts up; what a page of them goes on from
    std::string event_id;
    std::string topic;
    EnrollmentId enrollment;
    TimePoint created_at;
    TimePoint buried_at;
    std::string reason;
};

struct OutboxState {
    std::uint64_t waiting = 0;
    std::uint64_t dead = 0;
    std::optional<TimePoint> oldest; ///< recorded_at of the event that waits longest
};

/// At least once, and in order per enrollment. Events get here in two ways: a message with an EventStamp is
/// recorded by the storage operation that stores its effect, in the same transaction, also when there turns
/// out to be none (a report on an unknown command, a CheckOut of an unknown enrollment); all others by
/// record_event(). An operation that throws has recorded nothing.
class OutboxStore {
public:
    virtual ~OutboxStore() = default;

    /// Durable when it returns. The enrollment need not be known.
    virtual void record_event(const Event& event) = 0;

    /// Leases enrollments that have an event due and are not leased; those first that have been due longest,
    /// so that a lane that fails or is long gets its turn and no more. An enrollment is due from when its
    /// first event was recorded, its last visit or lease ended, or its retry is over, whichever is latest.
    /// By the storage's clock: processes share the work.
    [[nodiscard]] virtual std::vector<OutboxLane> lease_events(const LeaseRequest& request) = 0;

    /// Each visit is atomic by itself. One whose lease has ended is ignored when somebody has leased the
    /// lane since: what was delivered comes again. So is a lease's second visit.
    virtual void finish_lanes(std::span<const LaneVisit> visits) = 0;

    /// @return up to `limit` with a number above `after`, in order.
    [[nodiscard]] virtual std::vector<DeadLetter> dead_letters(std::uint64_t after, std::size_t limit) = 0;
    /// Puts dead letters back behind what waits for their enrollments, as untried.
    /// @return how many there were.
    virtual std::size_t replay_dead_letters(std::span<const std::uint64_t> numbers) = 0;

    /// Removes what is stored beyond `most` events: dead letters first, then waiting ones, the oldest first;
    /// lanes under lease are left alone. @return how many.
    virtual std::size_t shed_events(std::uint64_t most) = 0;
    [[nodiscard]] virtual OutboxState outbox_state() = 0;
};

} // namespace nanomdm
