// Events that wait for the webhook's receiver. Part of the storage interface.
#pragma once

#include "nanomdm/mdm/event.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nanomdm {

struct OutboxEvent {
    std::uint64_t sequence = 0; ///< counts up per enrollment, in the order recorded
    Event event;
};

/// The events of one enrollment that are next, leased to one sender: until the lease ends nobody else gets
/// any of the enrollment.
struct OutboxLane {
    EnrollmentId enrollment;
    std::string lease; ///< names this lease
    std::vector<OutboxEvent> events;
    int attempts = 0; ///< failed ones at the first event so far
};

/// How a visit to a lane ended. All of it takes effect at once, and the lease ends.
struct LaneOutcome {
    std::uint64_t delivered_through = 0; ///< events up to this sequence go; 0: none
    /// The event behind those becomes a dead letter, with why.
    std::optional<std::string> buried_because;
    /// Nothing of the lane is due before so long; with it the attempts at its first event count one up.
    std::optional<std::chrono::milliseconds> retry_after;
};

struct DeadLetter {
    std::uint64_t number = 0; ///< counts up; what a page of them goes on from
    Event event;
    std::string reason;
    TimePoint buried_at;
};

struct OutboxState {
    std::uint64_t waiting = 0;
    std::uint64_t dead = 0;
    std::optional<TimePoint> oldest; ///< created_at of the event that waits longest
};

/// At least once, and in order per enrollment. Events get here in two ways: a message with an EventStamp is
/// recorded by the storage operation that stores its effect, in the same transaction (Idle reports and what
/// has no effect are not); others by record_event().
class OutboxStore {
public:
    virtual ~OutboxStore() = default;

    /// Durable when it returns.
    virtual void record_event(const Event& event) = 0;

    /// Leases up to `lanes` enrollments that have an event due and are not leased; those that wait longest
    /// first, each with up to `events_each` events. By the storage's clock: processes share the work.
    [[nodiscard]] virtual std::vector<OutboxLane> lease_events(std::size_t lanes, std::size_t events_each,
                                                               std::chrono::seconds lease) = 0;

    /// Ignored when the lease has ended and somebody else has the lane: what was delivered comes again.
    virtual void finish_lane(const OutboxLane& lane, const LaneOutcome& outcome) = 0;

    /// @return up to `limit` with a number above `after`, in order.
    [[nodiscard]] virtual std::vector<DeadLetter> dead_letters(std::uint64_t after, std::size_t limit) = 0;
    /// Puts dead letters back behind what waits for their enrollments. @return how many there were.
    virtual std::size_t replay_dead_letters(std::span<const std::uint64_t> numbers) = 0;

    /// Removes the oldest waiting events beyond `most`; lanes under lease are left alone. @return how many.
    virtual std::size_t shed_events(std::uint64_t most) = 0;
    [[nodiscard]] virtual OutboxState outbox_state() = 0;
};

} // namespace nanomdm
