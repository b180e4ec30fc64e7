// The webhook's outbox. Who comes next is known in memory; bodies are read when they are leased.
#include "log/log.hpp"
#include "storage/file/file_storage.hpp"
#include "storage/file/recorded_event.hpp"
#include "storage/file/store.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace nanomdm::storage {

using file::EventPlace;
using file::EventRecord;
using file::Ledger;
using file::Lsn;
using file::Outbox;

namespace {

constexpr std::size_t shed_at_once = 10'000;
constexpr std::size_t replayed_at_once = 1000;
/// An event can be copied to another file while it is looked for, but not many times in a row.
constexpr int most_read_attempts = 5;

/// An event's place, and the event itself while it lies in memory.
struct Located {
    EventPlace place;
    std::shared_ptr<const EventRecord> unwritten;
};

/// Expects the lock.
Located located(const Ledger& ledger, const EventPlace& place) {
    return {place, place.file == 0 ? ledger.unwritten_event(place.offset) : nullptr};
}

Event event_of(const EventRecord& record) {
    return {.id = record.event_id,
            .topic = record.topic,
            .created_at = file::time_point(record.created_at),
            .enrollment = EnrollmentId{record.enrollment},
            .body = *record.body};
}

/// Reads events whose places were looked up.
class Reader {
public:
    explicit Reader(file::Store& store) : store_{store}, cursor_{store.event_files()} {}

    /// @param again looks the place up once more, with the lock held.
    /// @return nullopt when the event is gone, or damaged, which is logged.
    template <class LookUp> std::optional<Event> read(Located where, const LookUp& again) {
        for (int attempt = 1;; ++attempt) {
            if (where.unwritten) return event_of(*where.unwritten);
            if (auto event = cursor_.event(where.place)) return event;
            if (attempt == most_read_attempts) break;
            const std::lock_guard lock{store_.ledger().mutex};
            const auto place = again(store_.ledger().outbox);
            if (!place) return std::nullopt;
            where = located(store_.ledger(), *place);
        }
        log::error("an event for the webhook cannot be read; its enrollment's events wait",
                   {{"file", store_.event_files().path(where.place.file)},
                    {"offset", std::to_string(where.place.offset)}});
        return std::nullopt;
    }

private:
    file::Store& store_;
    file::EventFiles::Cursor cursor_;
};

} // namespace

void FileStorage::record_event(const Event& event) { store_->record_now(file::event_record(event)); }

std::vector<OutboxLane> FileStorage::lease_events(const LeaseRequest& request) {
    auto& ledger = store_->ledger();
    std::vector<Outbox::Leased> leased;
    std::vector<Located> places; // of all their events, one after the other
    Lsn newest = 0;
    {
        const std::lock_guard lock{ledger.mutex};
        leased = ledger.outbox.lease(request);
        for (const auto& lane : leased) {
            newest = std::max(newest, lane.lsn);
            for (const auto& one : lane.events) places.push_back(located(ledger, one.place));
        }
    }
    store_->journal().wait_durable(newest);

    Reader reader{*store_};
    std::vector<OutboxLane> lanes;
    lanes.reserve(leased.size());
    auto place = places.begin();
    for (const auto& from : leased) {
        OutboxLane lane{.enrollment = EnrollmentId{from.enrollment},
                        .lease = std::to_string(from.lease),
                        .events = {},
                        .tries = from.tries};
        bool is_whole = true;
        for (const auto& waiting : from.events) {
            const auto& where = *place++;
            if (!is_whole) continue; // nothing behind what cannot be read may go first
            auto event = reader.read(
                where, [&](const Outbox& outbox) { return outbox.place(from.enrollment, waiting.sequence); });
            is_whole = event.has_value();
            if (event)
                lane.events.push_back({waiting.sequence, file::time_point(waiting.at), std::move(*event)});
        }
        if (!lane.events.empty()) lanes.push_back(std::move(lane));
    }
    return lanes;
}

void FileStorage::finish_lanes(std::span<const LaneVisit> visits) {
    auto& ledger = store_->ledger();
    store_->journal().admit();
    Lsn newest = 0;
    for (const LaneVisit& visit : visits) {
        const std::lock_guard lock{ledger.mutex};
        const auto record = ledger.outbox.decide(visit, file::now());
        if (record) newest = store_->record(*record);
    }
    store_->journal().wait_durable(newest);
}

std::vector<DeadLetter> FileStorage::dead_letters(std::uint64_t after, std::size_t limit) {
    auto& ledger = store_->ledger();
    std::vector<Outbox::Dead> page;
    std::vector<Located> places;
    {
        const std::lock_guard lock{ledger.mutex};
        page = ledger.outbox.dead_letters(after, limit);
        for (const auto& dead : page) places.push_back(located(ledger, dead.place));
    }
    if (!page.empty()) store_->journal().wait_durable(page.back().number);

    Reader reader{*store_};
    std::vector<DeadLetter> letters;
    letters.reserve(page.size());
    for (std::size_t i = 0; i < page.size(); ++i) {
        const auto& dead = page[i];
        const auto event =
            reader.read(places[i], [&](const Outbox& outbox) { return outbox.dead_place(dead.number); });
        letters.push_back({.number = dead.number,
                           .event_id = event ? event->id : "",
                           .topic = event ? event->topic : "",
                           .enrollment = EnrollmentId{dead.enrollment},
                           .created_at = event ? event->created_at : TimePoint{},
                           .buried_at = file::time_point(dead.at),
                           .reason = *dead.reason});
    }
    return letters;
}

std::size_t FileStorage::replay_dead_letters(std::span<const std::uint64_t> numbers) {
    const std::set<std::uint64_t> in_order{numbers.begin(), numbers.end()};
    auto& ledger = store_->ledger();
    std::size_t count = 0;
    Lsn newest = 0;
    store_->journal().admit();
    for (auto at = in_order.begin(); at != in_order.end();) {
        const std::lock_guard lock{ledger.mutex};
        for (std::size_t left = replayed_at_once; left > 0 && at != in_order.end(); --left, ++at) {
            if (!ledger.outbox.is_dead(*at)) continue;
            newest = store_->record(file::ReplayRecord{.at = file::now(), .dead = *at});
            ++count;
        }
    }
    store_->journal().wait_durable(newest);
    return count;
}

std::size_t FileStorage::shed_events(std::uint64_t most) {
    auto& ledger = store_->ledger();
    std::size_t count = 0;
    Lsn newest = 0;
    store_->journal().admit();
    for (;;) {
        const std::lock_guard lock{ledger.mutex};
        const auto decided = ledger.outbox.decide_shed(most, shed_at_once, file::now());
        if (!decided) break;
        newest = store_->record(decided->first);
        count += decided->second;
    }
    store_->journal().wait_durable(newest);
    return count;
}

OutboxState FileStorage::outbox_state() {
    const std::lock_guard lock{store_->ledger().mutex};
    return store_->ledger().outbox.state();
}

} // namespace nanomdm::storage
