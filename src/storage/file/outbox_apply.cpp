// What each kind of record does to the outbox, and how it is put together again from the event log.
#include "storage/file/clock.hpp"
#include "storage/file/outbox.hpp"

#include <algorithm>

namespace nanomdm::storage::file {
namespace {

/// On the clock that leases and retries go by: in the past, so that those recorded first come first after a
/// restart too.
Outbox::Clock::time_point since(Timestamp at) {
    return Outbox::Clock::now() - std::chrono::nanoseconds{std::max<Timestamp>(0, now() - at)};
}

/// In the future, should it be: by no more than `longest`, whatever the clock was set to meanwhile.
Outbox::Clock::time_point until(Timestamp at, Timestamp longest) {
    const auto left = std::clamp<Timestamp>(at - now(), 0, std::max<Timestamp>(0, longest));
    return Outbox::Clock::now() + std::chrono::nanoseconds{left};
}

} // namespace

void Outbox::apply(Lsn lsn, const Record& record) {
    std::visit([this, lsn](const auto& one) { apply_one(lsn, one); }, record);
}

void Outbox::apply_one(Lsn lsn, const EventRecord& record) {
    const EventPlace place{
        .offset = lsn, .header = 0, .body = static_cast<std::uint32_t>(record.body->size())};
    Lane& lane = find_or_add(record.enrollment);
    lane.lsn = lsn;
    append(lane, make_slot(lsn, record.at, place), since(record.at));
}

void Outbox::apply_one(Lsn lsn, const VisitRecord& record) {
    Lane* lane = find(record.enrollment);
    if (lane == nullptr) return;
    lane->lsn = lsn;
    lane->lease = 0;
    drop_through(*lane, record.delivered_through);
    if (lane->first != none && slot(lane->first).sequence == record.buried)
        bury(lsn, *lane, take_first(*lane), record.at, record.reason);
    if (lane->first != none && slot(lane->first).sequence == record.tried) {
        lane->tries = {static_cast<int>(record.failed), static_cast<int>(record.refused)};
        lane->retry_at = record.retry_at;
        make_due(*lane, until(record.retry_at, record.retry_at - record.at));
    } else if (lane->first != none) {
        make_due(*lane, since(record.at));
    }
    forget_if_empty(*lane);
}

void Outbox::apply_one(Lsn lsn, const ReplayRecord& record) {
    const auto found = dead_.find(record.dead);
    if (found == dead_.end()) return;
    Lane& lane = *found->second.lane;
    const auto number = found->second.slot;
    dead_.erase(found);
    --lane.dead;
    lane.lsn = lsn;
    slot(number).sequence = lsn;
    slot(number).at = record.at;
    append(lane, number, since(record.at));
}

void Outbox::apply_one(Lsn lsn, const ShedRecord& record) {
    while (!dead_.empty() && dead_.begin()->first <= record.dead_through) erase_dead(dead_.begin());
    for (const auto& [enrollment, through] : record.lanes) {
        Lane* lane = find(enrollment);
        if (lane == nullptr) continue;
        lane->lsn = lsn;
        drop_through(*lane, through);
        forget_if_empty(*lane);
    }
}

void Outbox::restore(const RestoredEvent& event) {
    Lane& lane = find_or_add(event.enrollment);
    const auto number = make_slot(event.sequence, event.at, event.place);
    if (event.dead)
        bury(event.dead->number, lane, number, event.dead->at, event.dead->reason);
    else
        insert(lane, number, event);
}

/// Copies in newer files are read behind what was recorded after them, but in order among themselves.
void Outbox::insert(Lane& lane, SlotNumber number, const RestoredEvent& event) {
    auto before = none;
    if (lane.last != none && slot(lane.last).sequence < event.sequence)
        before = lane.last;
    else if (lane.restored != none && slot(lane.restored).sequence < event.sequence)
        before = lane.restored;
    auto behind = before == none ? lane.first : slot(before).next;
    for (; behind != none && slot(behind).sequence < event.sequence; behind = slot(behind).next)
        before = behind;
    lane.restored = number;
    if (before != none && behind != none) {
        slot(before).next = number;
        slot(number).next = behind;
        ++waiting_;
    } else if (before != none) {
        append(lane, number, since(event.at));
    } else {
        if (behind != none) by_first_.erase(slot(behind).sequence);
        by_first_.emplace(event.sequence, &lane);
        slot(number).next = behind;
        lane.first = number;
        if (behind == none) lane.last = number;
        lane.tries = event.tries;
        lane.retry_at = event.retry_at;
        make_due(lane, event.retry_at == 0
                           ? since(event.at)
                           : until(event.retry_at, std::chrono::nanoseconds{std::chrono::hours{1}}.count()));
        ++waiting_;
    }
}

void Outbox::append(Lane& lane, SlotNumber number, Clock::time_point due) {
    slot(number).next = none;
    if (lane.last == none) {
        lane.first = number;
        lane.tries = {};
        lane.retry_at = 0;
        by_first_.emplace(slot(number).sequence, &lane);
        make_due(lane, due);
    } else {
        slot(lane.last).next = number;
    }
    lane.last = number;
    ++waiting_;
}

Outbox::SlotNumber Outbox::take_first(Lane& lane) {
    const auto number = lane.first;
    by_first_.erase(slot(number).sequence);
    lane.first = slot(number).next;
    if (lane.first == none)
        lane.last = none;
    else
        by_first_.emplace(slot(lane.first).sequence, &lane);
    if (lane.restored == number) lane.restored = none;
    lane.tries = {};
    lane.retry_at = 0;
    --waiting_;
    return number;
}

void Outbox::drop_through(Lane& lane, std::uint64_t sequence) {
    while (lane.first != none && slot(lane.first).sequence <= sequence) free_slot(take_first(lane));
}

void Outbox::bury(std::uint64_t number, Lane& lane, SlotNumber slot, Timestamp at,
                  const std::string& reason) {
    if (!last_reason_ || *last_reason_ != reason) last_reason_ = shared_bytes(reason);
    dead_.emplace(number, Buried{slot, &lane, at, last_reason_});
    ++lane.dead;
}

void Outbox::erase_dead(std::map<std::uint64_t, Buried>::iterator at) {
    Lane& lane = *at->second.lane;
    free_slot(at->second.slot);
    --lane.dead;
    dead_.erase(at);
    forget_if_empty(lane);
}

void Outbox::make_due(Lane& lane, Clock::time_point at) {
    if (lane.turn != 0) due_.erase({lane.due_at, lane.turn, &lane});
    lane.due_at = at;
    lane.turn = ++last_turn_;
    due_.insert({lane.due_at, lane.turn, &lane});
}

void Outbox::forget_if_empty(Lane& lane) {
    if (lane.first != none) return;
    if (lane.turn != 0) due_.erase({lane.due_at, lane.turn, &lane});
    lane.turn = 0;
    lane.lease = 0;
    if (lane.dead == 0) lanes_.erase(lanes_.find(*lane.enrollment));
}

Outbox::Lane* Outbox::find(const std::string& enrollment) {
    const auto found = lanes_.find(enrollment);
    return found == lanes_.end() ? nullptr : &found->second;
}

Outbox::Lane& Outbox::find_or_add(const std::string& enrollment) {
    const auto [at, is_new] = lanes_.try_emplace(enrollment);
    if (is_new) at->second.enrollment = &at->first;
    return at->second;
}

Outbox::SlotNumber Outbox::make_slot(std::uint64_t sequence, Timestamp at, const EventPlace& place) {
    auto number = free_;
    if (number != none) {
        free_ = slot(number).next;
    } else {
        number = static_cast<SlotNumber>(slots_.size());
        slots_.emplace_back();
    }
    ++used_;
    slot(number) = {.sequence = sequence, .at = at};
    put(number, place);
    return number;
}

void Outbox::free_slot(SlotNumber number) {
    const Slot& one = slot(number);
    if (one.file != 0) {
        leave(place_of(one));
    } else {
        unwritten_.erase(one.offset);
        gone_.push_back(one.offset);
    }
    slot(number) = {.next = free_};
    free_ = number;
    if (--used_ > 0) return;
    slots_.clear();
    free_ = none;
}

void Outbox::put(SlotNumber number, const EventPlace& place) {
    Slot& one = slot(number);
    one.file = place.file;
    one.offset = place.offset;
    one.header = place.header;
    one.body = place.body;
    if (place.file != 0)
        files_[place.file].live += place.bytes();
    else
        unwritten_.emplace(place.offset, number);
}

void Outbox::set_written(Lsn recorded, const EventPlace& place) {
    const auto found = unwritten_.find(recorded);
    if (found == unwritten_.end()) return;
    const auto number = found->second;
    unwritten_.erase(found);
    put(number, place);
}

void Outbox::set_moved(const RestoredEvent& from, const EventPlace& to) {
    if (from.slot >= slots_.size() || place_of(slot(from.slot)) != from.place) return;
    leave(from.place);
    put(from.slot, to);
}

void Outbox::leave(const EventPlace& place) {
    const auto file = files_.find(place.file);
    if (file != files_.end()) file->second.live -= place.bytes();
}

} // namespace nanomdm::storage::file
