// Lanes in the order they are due; a lease is nothing but a later time to be due.
#include "storage/inmem/outbox.hpp"

namespace nanomdm::storage::inmem {

void Outbox::record(Event event) {
    const EnrollmentId id = event.enrollment;
    const auto [at, is_new] = lanes_.try_emplace(id);
    Lane& lane = at->second;
    lane.events.push_back({++last_sequence_, std::chrono::system_clock::now(), std::move(event)});
    waiting_.emplace(last_sequence_, id);
    if (is_new) make_due(id, lane, Clock::now());
}

void Outbox::make_due(const EnrollmentId& id, Lane& lane, Clock::time_point at) {
    due_.erase({lane.due_at, id});
    lane.due_at = at;
    due_.emplace(at, id);
}

std::vector<OutboxLane> Outbox::lease(const LeaseRequest& request) {
    const auto now = Clock::now();
    std::vector<EnrollmentId> ids;
    for (const auto& [due_at, id] : due_) {
        if (due_at > now || ids.size() == request.lanes) break;
        ids.push_back(id);
    }
    std::vector<OutboxLane> leased;
    leased.reserve(ids.size());
    for (const EnrollmentId& id : ids) {
        Lane& lane = lanes_.at(id);
        lane.lease = std::to_string(++last_lease_);
        make_due(id, lane, now + request.length);
        auto& taken = leased.emplace_back(
            OutboxLane{.enrollment = id, .lease = lane.lease, .events = {}, .tries = lane.tries});
        std::size_t bytes = 0;
        for (const OutboxEvent& event : lane.events) {
            bytes += event.event.body.size();
            const bool fits = taken.events.size() < request.events_each && bytes <= request.bytes_each;
            if (!fits && !taken.events.empty()) break;
            taken.events.push_back(event);
        }
    }
    return leased;
}

void Outbox::drop_first(Lane& lane) {
    waiting_.erase(lane.events.front().sequence);
    lane.events.pop_front();
    lane.tries = {};
}

void Outbox::forget_if_empty(const EnrollmentId& id, const Lane& lane) {
    if (!lane.events.empty()) return;
    due_.erase({lane.due_at, id});
    lanes_.erase(id);
}

void Outbox::finish(const LaneVisit& visit) {
    const auto found = lanes_.find(visit.enrollment);
    if (found == lanes_.end()) return;
    Lane& lane = found->second;
    if (lane.lease.empty() || lane.lease != visit.lease) return;
    lane.lease.clear();

    while (!lane.events.empty() && lane.events.front().sequence <= visit.delivered_through) drop_first(lane);
    if (visit.buried_because && !lane.events.empty()) {
        dead_.emplace(++last_dead_, Buried{.event = std::move(lane.events.front().event),
                                           .reason = *visit.buried_because,
                                           .at = std::chrono::system_clock::now()});
        drop_first(lane);
    }
    if (visit.retry) lane.tries = visit.retry->tries;
    make_due(visit.enrollment, lane,
             Clock::now() + (visit.retry ? visit.retry->after : std::chrono::milliseconds{0}));
    forget_if_empty(visit.enrollment, lane);
}

std::vector<DeadLetter> Outbox::dead_letters(std::uint64_t after, std::size_t limit) const {
    std::vector<DeadLetter> page;
    for (auto at = dead_.upper_bound(after); at != dead_.end() && page.size() < limit; ++at) {
        const auto& [number, buried] = *at;
        page.push_back({.number = number,
                        .event_id = buried.event.id,
                        .topic = buried.event.topic,
                        .enrollment = buried.event.enrollment,
                        .created_at = buried.event.created_at,
                        .buried_at = buried.at,
                        .reason = buried.reason});
    }
    return page;
}

std::size_t Outbox::replay(std::span<const std::uint64_t> numbers) {
    const std::set<std::uint64_t> in_order{numbers.begin(), numbers.end()};
    std::size_t count = 0;
    for (const auto number : in_order) {
        auto dead = dead_.extract(number);
        if (dead.empty()) continue;
        record(std::move(dead.mapped().event));
        ++count;
    }
    return count;
}

std::size_t Outbox::shed(std::uint64_t most) {
    const std::uint64_t stored = waiting_.size() + dead_.size();
    if (stored <= most) return 0;
    std::uint64_t excess = stored - most;
    std::size_t count = 0;
    for (; excess > 0 && !dead_.empty(); --excess, ++count) dead_.erase(dead_.begin());

    const auto now = Clock::now();
    for (auto at = waiting_.begin(); excess > 0 && at != waiting_.end();) {
        const EnrollmentId id = (at++)->second;
        Lane& lane = lanes_.at(id);
        if (!lane.lease.empty() && lane.due_at > now) continue;
        drop_first(lane); // the oldest of all lanes is the first of its own
        forget_if_empty(id, lane);
        --excess;
        ++count;
    }
    return count;
}

OutboxState Outbox::state() const {
    OutboxState state{.waiting = waiting_.size(), .dead = dead_.size(), .oldest = std::nullopt};
    if (!waiting_.empty()) state.oldest = lanes_.at(waiting_.begin()->second).events.front().recorded_at;
    return state;
}

} // namespace nanomdm::storage::inmem
