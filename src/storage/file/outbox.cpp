// Who is next: lanes in the order they are due; and the questions that change nothing.
#include "storage/file/outbox.hpp"

#include "storage/file/clock.hpp"

#include <algorithm>
#include <queue>

namespace nanomdm::storage::file {
namespace {

constexpr std::size_t most_reason_bytes = 1000;

} // namespace

std::vector<Outbox::Leased> Outbox::lease(const LeaseRequest& request) {
    const auto now = Clock::now();
    std::vector<Lane*> lanes;
    for (const Due& due : due_) {
        if (due.at > now || lanes.size() == request.lanes) break;
        lanes.push_back(due.lane);
    }
    std::vector<Leased> all;
    all.reserve(lanes.size());
    for (Lane* lane : lanes) {
        lane->lease = ++last_lease_;
        make_due(*lane, now + request.length);
        auto& leased = all.emplace_back(
            Leased{*lane->enrollment, lane->lease, lane->tries, lane->lsn, std::vector<Waiting>{}});
        std::size_t bytes = 0;
        for (auto number = lane->first; number != none; number = slot(number).next) {
            const Slot& one = slot(number);
            bytes += one.body;
            const bool fits = leased.events.size() < request.events_each && bytes <= request.bytes_each;
            if (!fits && !leased.events.empty()) break;
            leased.events.push_back({one.sequence, one.at, place_of(one)});
        }
    }
    return all;
}

std::optional<VisitRecord> Outbox::decide(const LaneVisit& visit, Timestamp now) {
    Lane* lane = find(visit.enrollment.str());
    if (lane == nullptr || lane->lease == 0 || std::to_string(lane->lease) != visit.lease)
        return std::nullopt;
    auto number = lane->first;
    while (number != none && slot(number).sequence <= visit.delivered_through) number = slot(number).next;
    VisitRecord record{.at = now, .enrollment = visit.enrollment.str(), .reason = {}};
    if (number != lane->first) record.delivered_through = visit.delivered_through;
    if (visit.buried_because && number != none) {
        record.buried = slot(number).sequence;
        record.reason = visit.buried_because->substr(0, most_reason_bytes);
        number = slot(number).next;
    }
    if (visit.retry && number != none) {
        record.tried = slot(number).sequence;
        record.failed = static_cast<std::uint32_t>(visit.retry->tries.failed);
        record.refused = static_cast<std::uint32_t>(visit.retry->tries.refused);
        record.retry_at = now + std::chrono::nanoseconds{visit.retry->after}.count();
    }
    if (record.delivered_through != 0 || record.buried != 0 || record.tried != 0) return record;
    lane->lease = 0;
    make_due(*lane, Clock::now());
    return std::nullopt;
}

std::optional<std::pair<ShedRecord, std::size_t>> Outbox::decide_shed(std::uint64_t most, std::size_t at_once,
                                                                      Timestamp now) const {
    const std::uint64_t stored = waiting_ + dead_.size();
    if (stored <= most) return std::nullopt;
    const auto excess = static_cast<std::size_t>(std::min<std::uint64_t>(stored - most, at_once));
    ShedRecord record{.at = now, .lanes = {}};
    std::size_t count = 0;
    for (auto at = dead_.begin(); at != dead_.end() && count < excess; ++at, ++count)
        record.dead_through = at->first;

    // The oldest of all is the first of its lane; behind it comes the lane's next.
    struct Next {
        std::uint64_t sequence;
        SlotNumber slot;
        const Lane* lane;
        bool operator<(const Next& other) const noexcept { return sequence > other.sequence; }
    };
    std::priority_queue<Next> started;
    std::map<const Lane*, std::uint64_t> through;
    const auto steady = Clock::now();
    for (auto lanes = by_first_.begin(); count < excess; ++count) {
        while (lanes != by_first_.end() && lanes->second->lease != 0 && lanes->second->due_at > steady)
            ++lanes;
        if (lanes != by_first_.end() && (started.empty() || lanes->first < started.top().sequence)) {
            started.push({lanes->first, lanes->second->first, lanes->second});
            ++lanes;
        }
        if (started.empty()) break;
        const Next next = started.top();
        started.pop();
        through[next.lane] = next.sequence;
        if (const auto behind = slot(next.slot).next; behind != none)
            started.push({slot(behind).sequence, behind, next.lane});
    }
    for (const auto& [lane, sequence] : through) record.lanes.emplace_back(*lane->enrollment, sequence);
    if (count == 0) return std::nullopt;
    return std::pair{std::move(record), count};
}

std::vector<Outbox::Dead> Outbox::dead_letters(std::uint64_t after, std::size_t limit) const {
    std::vector<Dead> page;
    for (auto at = dead_.upper_bound(after); at != dead_.end() && page.size() < limit; ++at) {
        const auto& [number, buried] = *at;
        page.push_back(
            {number, *buried.lane->enrollment, place_of(slot(buried.slot)), buried.at, buried.reason});
    }
    return page;
}

OutboxState Outbox::state() const {
    OutboxState state{.waiting = waiting_, .dead = dead_.size(), .oldest = std::nullopt};
    if (!by_first_.empty()) state.oldest = time_point(slot(by_first_.begin()->second->first).at);
    return state;
}

std::optional<EventPlace> Outbox::place(const std::string& enrollment, std::uint64_t sequence) const {
    const auto lane = lanes_.find(enrollment);
    if (lane == lanes_.end()) return std::nullopt;
    for (auto number = lane->second.first; number != none; number = slot(number).next) {
        if (slot(number).sequence == sequence) return place_of(slot(number));
    }
    return std::nullopt;
}

std::optional<EventPlace> Outbox::dead_place(std::uint64_t number) const {
    const auto found = dead_.find(number);
    if (found == dead_.end()) return std::nullopt;
    return place_of(slot(found->second.slot));
}

std::vector<RestoredEvent> Outbox::events_before(std::uint32_t oldest) const {
    std::vector<RestoredEvent> found;
    const auto is_before = [oldest](const Slot& one) { return one.file != 0 && one.file < oldest; };
    for (const auto& [enrollment, lane] : lanes_) {
        for (auto number = lane.first; number != none; number = slot(number).next) {
            const Slot& one = slot(number);
            if (!is_before(one)) continue;
            auto& event = found.emplace_back(RestoredEvent{.enrollment = enrollment,
                                                           .sequence = one.sequence,
                                                           .at = one.at,
                                                           .place = place_of(one),
                                                           .slot = number,
                                                           .dead = std::nullopt,
                                                           .tries = {}});
            if (number != lane.first) continue;
            event.tries = lane.tries;
            event.retry_at = lane.retry_at;
        }
    }
    for (const auto& [number, buried] : dead_) {
        const Slot& one = slot(buried.slot);
        if (!is_before(one)) continue;
        found.push_back({.enrollment = *buried.lane->enrollment,
                         .sequence = one.sequence,
                         .at = one.at,
                         .place = place_of(one),
                         .slot = buried.slot,
                         .dead = RestoredEvent::Dead{number, buried.at, *buried.reason},
                         .tries = {}});
    }
    return found;
}

} // namespace nanomdm::storage::file
