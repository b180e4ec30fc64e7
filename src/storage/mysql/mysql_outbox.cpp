// The outbox as its senders see it: events recorded, lanes leased and given back.
#include "storage/mysql/mysql_storage.hpp"
#include "storage/mysql/outbox_recording.hpp"
#include "storage/mysql/outbox_rows.hpp"
#include "storage/mysql/queue_rows.hpp"
#include "storage/mysql/row_key.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>

namespace nanomdm::storage {

using mysql::LaneRow;
using mysql::OutboxRow;
using mysql::Parameter;
using mysql::RowKey;
using mysql::RowRange;
using mysql::Session;
using mysql::VisitedLane;

namespace {

// --- Leasing ---

constexpr std::size_t most_lanes = 1000;

std::string new_lease() {
    std::random_device random;
    std::string name;
    for (int word = 0; word < 4; ++word)
        for (auto bits = static_cast<std::uint32_t>(random()), digit = 0U; digit < 8; ++digit, bits >>= 4U)
            name += "0123456789abcdef"[bits & 0xFU];
    return name;
}

/// What others have locked is being recorded to, leased or given back: its turn comes.
std::vector<LaneRow> take_due_lanes(Session& session, const LeaseRequest& request, const std::string& lease) {
    static const std::string due = "SELECT " + std::string{mysql::lane_columns} +
                                   " FROM nanomdm_outbox_queue FORCE INDEX (idx_nanomdm_at)"
                                   " WHERE state = 1 AND at <= UTC_TIMESTAMP(6)"
                                   " ORDER BY at LIMIT ? FOR UPDATE SKIP LOCKED";
    const auto most = static_cast<std::int64_t>(std::min(request.lanes, most_lanes));
    auto lanes = mysql::read_lanes(session.query(due, {most}));
    if (lanes.empty()) return lanes;

    std::vector<std::string_view> keys;
    for (const auto& lane : lanes) keys.emplace_back(lane.key);
    std::vector<Parameter> parameters{std::int64_t{std::chrono::microseconds{request.length}.count()},
                                      std::string_view{lease}};
    mysql::add_texts(parameters, keys);
    session.execute("UPDATE nanomdm_outbox_queue FORCE INDEX (PRIMARY)"
                    " SET at = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6)), lease = ? WHERE " +
                        mysql::any_of("id", keys.size()) + " AND sequence = 0",
                    parameters);
    return lanes;
}

/// Reads the first events of lanes that are leased: nobody else touches those.
class LeasedEvents {
public:
    LeasedEvents(Session& session, const LeaseRequest& request) : session_{session}, request_{request} {}

    /// @param lanes 1…lanes_at_once
    void read(std::span<const LaneRow> lanes, const std::string& lease, std::vector<OutboxLane>& leased) {
        std::vector<RowRange> chosen = choose(lanes);
        if (chosen.empty()) return;
        std::unordered_map<std::string_view, OutboxLane*> by_key;
        leased.reserve(leased.size() + chosen.size()); // the pointers stay good
        for (const auto& lane : lanes) {
            if (std::ranges::find(chosen, std::string_view{lane.key}, &RowRange::key) == chosen.end())
                continue;
            by_key[lane.key] =
                &leased.emplace_back(OutboxLane{.enrollment = mysql::enrollment_id_of(lane.key),
                                                .lease = lease,
                                                .events = {},
                                                .tries = lane.tries});
        }
        std::vector<Parameter> parameters;
        mysql::add_ranges(parameters, chosen);
        auto rows = session_.query("SELECT id, sequence, state, " + mysql::microseconds("at") +
                                       ", event_id, topic, " + mysql::microseconds("created_at") +
                                       ", body FROM nanomdm_outbox_queue FORCE INDEX (PRIMARY) WHERE " +
                                       mysql::in_ranges(chosen.size()) + " ORDER BY id, sequence",
                                   parameters);
        std::string pieces;
        while (rows.next()) {
            pieces += rows.text(7);
            if (rows.integer(2) == static_cast<std::int64_t>(OutboxRow::piece)) continue;
            auto& lane = *by_key.at(rows.text(0));
            lane.events.push_back({.sequence = static_cast<std::uint64_t>(rows.integer(1)),
                                   .recorded_at = mysql::time_of_microseconds(rows.integer(3)),
                                   .event = {.id = rows.text(4),
                                             .topic = rows.text(5),
                                             .created_at = mysql::time_of_microseconds(rows.integer(6)),
                                             .enrollment = lane.enrollment,
                                             .body = std::exchange(pieces, {})}});
        }
    }

private:
    /// Looks at the sizes first. @return for each lane the rows of what it may have
    std::vector<RowRange> choose(std::span<const LaneRow> lanes) {
        std::vector<RowRange> ranges;
        const auto most =
            static_cast<std::int64_t>(std::clamp<std::size_t>(request_.events_each, 1, 1'000'000));
        for (const auto& lane : lanes)
            ranges.push_back(
                {lane.key, lane.gone_through + 1, std::min(lane.last_sequence, lane.gone_through + most)});
        std::vector<Parameter> parameters;
        mysql::add_ranges(parameters, ranges);
        auto rows =
            session_.query("SELECT id, sequence, size FROM nanomdm_outbox_queue FORCE INDEX (PRIMARY)"
                           " WHERE " +
                               mysql::in_ranges(ranges.size()) + " AND state = 2 ORDER BY id, sequence",
                           parameters);
        struct Choice {
            std::int64_t last = 0;
            std::int64_t bytes = 0;
        };
        std::unordered_map<std::string, Choice> choices;
        while (rows.next()) {
            auto& choice = choices[rows.text(0)];
            choice.bytes += rows.integer(2);
            if (choice.last == 0 || choice.bytes <= mysql::bounded(request_.bytes_each))
                choice.last = rows.integer(1);
        }
        for (auto& range : ranges) {
            const auto choice = choices.find(std::string{range.key});
            range.last = choice != choices.end() ? choice->second.last : end_of_first(range);
        }
        std::erase_if(ranges, [](const RowRange& range) { return range.last == 0; });
        return ranges;
    }

    /// An event of more rows than were asked for events. @return 0 when somebody has taken it since
    std::int64_t end_of_first(const RowRange& range) {
        auto rows = session_.query("SELECT sequence FROM nanomdm_outbox_queue FORCE INDEX (PRIMARY)"
                                   " WHERE id = ? AND sequence >= ? AND state = 2 ORDER BY sequence LIMIT 1",
                                   {range.key, range.first});
        return rows.next() ? rows.integer(0) : 0;
    }

    Session& session_;
    const LeaseRequest& request_;
};

// --- Giving back ---

/// Only as much as the column holds, and no half character.
std::string_view first_part(std::string_view reason) {
    constexpr std::size_t most = 1023;
    if (reason.size() <= most) return reason;
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xC0U) == 0x80U) --end;
    return reason.substr(0, end);
}

/// The lane's first event becomes a dead letter: its rows stay where they are.
void bury(Session& session, LaneRow& lane, std::string_view reason) {
    std::int64_t sequence = 0;
    std::int64_t pieces = 0;
    {
        auto rows = session.query("SELECT sequence, pieces FROM nanomdm_outbox_queue FORCE INDEX (PRIMARY)"
                                  " WHERE id = ? AND sequence > ? AND state = 2 ORDER BY sequence LIMIT 1",
                                  {std::string_view{lane.key}, lane.gone_through});
        if (!rows.next()) return;
        sequence = rows.integer(0);
        pieces = rows.integer(1);
    }
    session.execute("INSERT INTO nanomdm_outbox_dead_letters (id, sequence, pieces, buried_at, reason)"
                    " VALUES (?, ?, ?, UTC_TIMESTAMP(6), ?)",
                    {std::string_view{lane.key}, sequence, pieces, first_part(reason)});
    session.execute("UPDATE nanomdm_outbox_queue FORCE INDEX (PRIMARY) SET state = 3, at = UTC_TIMESTAMP(6)"
                    " WHERE id = ? AND sequence = ?",
                    {std::string_view{lane.key}, sequence});
    lane.gone_through = sequence;
    lane.tries = {};
}

/// Visits under way into their lanes' rows. One transaction for all of them.
void finish(Session& session, std::span<const LaneVisit> visits) {
    std::vector<RowKey> keys;
    for (const auto& visit : visits) keys.emplace_back(visit.enrollment);
    std::vector<std::string_view> names;
    for (const auto& key : keys) names.push_back(key.text());

    std::vector<VisitedLane> visited;
    std::vector<const LaneVisit*> how;
    std::vector<RowRange> delivered;
    for (auto& lane : mysql::lock_lanes(session, names)) {
        if (lane.lease.empty()) continue;
        for (std::size_t i = 0; i < visits.size(); ++i) {
            if (names[i] != lane.key || visits[i].lease != lane.lease) continue;
            visited.push_back({.lane = std::move(lane)});
            how.push_back(&visits[i]);
            break;
        }
    }
    if (visited.empty()) return;
    for (std::size_t i = 0; i < visited.size(); ++i) {
        auto& lane = visited[i].lane;
        const auto through =
            std::min(static_cast<std::uint64_t>(lane.last_sequence), how[i]->delivered_through);
        if (const auto last = static_cast<std::int64_t>(through); last > lane.gone_through) {
            delivered.push_back({lane.key, lane.gone_through + 1, last});
            lane.gone_through = last;
            lane.tries = {};
        }
    }
    if (!delivered.empty()) mysql::delete_ranges(session, delivered);
    for (std::size_t i = 0; i < visited.size(); ++i) {
        auto& [lane, due_after] = visited[i];
        if (how[i]->buried_because) bury(session, lane, *how[i]->buried_because);
        if (!how[i]->retry) continue;
        lane.tries = how[i]->retry->tries;
        due_after = how[i]->retry->after;
    }
    mysql::write_visited(session, visited);
}

} // namespace

void MySqlStorage::record_event(const Event& event) {
    const auto record = [&](Session& session) { mysql::record(session, event, largest_message_); };
    const bool is_one_statement = event.body.size() <= largest_message_;
    is_one_statement ? database_.run(record) : database_.transact(record);
}

// The events are read after the lanes are leased for good, so that nobody who records to them has to wait for
// it. When that fails, they come again after the lease.
std::vector<OutboxLane> MySqlStorage::lease_events(const LeaseRequest& request) {
    const std::string lease = new_lease();
    const auto lanes =
        database_.transact([&](Session& session) { return take_due_lanes(session, request, lease); });
    if (lanes.empty()) return {};
    return database_.run([&](Session& session) {
        std::vector<OutboxLane> leased;
        LeasedEvents events{session, request};
        mysql::in_pieces(lanes, mysql::lanes_at_once,
                         [&](std::span<const LaneRow> some) { events.read(some, lease, leased); });
        return leased;
    });
}

void MySqlStorage::finish_lanes(std::span<const LaneVisit> visits) {
    for (std::size_t at = 0; at < visits.size(); at += mysql::lanes_at_once) {
        const auto some = visits.subspan(at, std::min(mysql::lanes_at_once, visits.size() - at));
        database_.transact([&](Session& session) { finish(session, some); });
    }
}

} // namespace nanomdm::storage
