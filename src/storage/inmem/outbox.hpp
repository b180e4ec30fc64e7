// The events that wait for the webhook, in memory.
#pragma once

#include "nanomdm/storage/outbox_store.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace nanomdm::storage::inmem {

/// Says by its code what the outbox's operations mean. Not thread-safe: its owner has the lock.
class Outbox {
public:
    void record(Event event);
    [[nodiscard]] std::vector<OutboxLane> lease(const LeaseRequest& request);
    void finish(const LaneVisit& visit);
    [[nodiscard]] std::vector<DeadLetter> dead_letters(std::uint64_t after, std::size_t limit) const;
    [[nodiscard]] std::size_t replay(std::span<const std::uint64_t> numbers);
    [[nodiscard]] std::size_t shed(std::uint64_t most);
    [[nodiscard]] OutboxState state() const;

private:
    using Clock = std::chrono::steady_clock;

    /// Exists while it has events.
    struct Lane {
        std::deque<OutboxEvent> events;
        Tries tries;
        std::string lease; ///< empty: none, or the last one's visit has ended
        Clock::time_point due_at;
    };
    struct Buried {
        Event event;
        std::string reason;
        TimePoint at;
    };

    void make_due(const EnrollmentId& id, Lane& lane, Clock::time_point at);
    void drop_first(Lane& lane);
    void forget_if_empty(const EnrollmentId& id, const Lane& lane);

    std::unordered_map<EnrollmentId, Lane> lanes_;
    std::set<std::pair<Clock::time_point, EnrollmentId>> due_; ///< every lane once
    std::map<std::uint64_t, EnrollmentId> waiting_;            ///< every event by its sequence
    std::map<std::uint64_t, Buried> dead_;
    std::uint64_t last_sequence_ = 0;
    std::uint64_t last_dead_ = 0;
    std::uint64_t last_lease_ = 0;
};

} // namespace nanomdm::storage::inmem
