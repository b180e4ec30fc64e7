// The outbox as its administrator sees it: dead letters, how much there is, and letting go of what is too
// much.
#include "storage/mysql/mysql_storage.hpp"
#include "storage/mysql/outbox_rows.hpp"
#include "storage/mysql/queue_rows.hpp"
#include "storage/mysql/row_key.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace nanomdm::storage {

using mysql::LaneRow;
using mysql::OutboxRow;
using mysql::Parameter;
using mysql::RowRange;
using mysql::Session;

namespace {

/// A dead letter, and the rows of the queue that hold its event.
struct Grave {
    std::int64_t number = 0;
    std::string key;
    std::int64_t sequence = 0;
    std::int64_t pieces = 0;

    [[nodiscard]] RowRange rows() const { return {key, sequence - pieces + 1, sequence}; }
};

constexpr std::string_view grave_columns = "number, id, sequence, pieces";

std::vector<Grave> read_graves(mysql::Rows rows) {
    std::vector<Grave> graves;
    while (rows.next()) graves.push_back({rows.integer(0), rows.text(1), rows.integer(2), rows.integer(3)});
    return graves;
}

void remove_letters(Session& session, std::span<const Grave> graves) {
    std::vector<Parameter> parameters;
    for (std::size_t i = 0; i < mysql::marks_for(graves.size()); ++i)
        parameters.emplace_back((i < graves.size() ? graves[i] : graves.back()).number);
    session.execute("DELETE t FROM nanomdm_outbox_dead_letters t FORCE INDEX (PRIMARY) WHERE " +
                        mysql::any_of("number", graves.size()),
                    parameters);
}

// --- Replay ---

/// Its rows get the next sequences of their lane.
void put_behind(Session& session, const Grave& grave) {
    const std::string_view key{grave.key};
    session.execute("UPDATE nanomdm_outbox_queue FORCE INDEX (PRIMARY)"
                    " SET at = IF(state = 0, UTC_TIMESTAMP(6), at), state = 1,"
                    " last_sequence = LAST_INSERT_ID(last_sequence + ?) WHERE id = ? AND sequence = 0",
                    {grave.pieces, key});
    std::int64_t last = 0;
    {
        auto rows = session.query("SELECT LAST_INSERT_ID()");
        if (rows.next()) last = rows.integer(0);
    }
    const auto rows = grave.rows();
    session.execute("UPDATE nanomdm_outbox_queue FORCE INDEX (PRIMARY)"
                    " SET sequence = sequence + ?, at = UTC_TIMESTAMP(6), state = IF(state = 3, 2, state)"
                    " WHERE id = ? AND sequence BETWEEN ? AND ? ORDER BY sequence DESC",
                    {last - rows.last, key, rows.first, rows.last});
}

/// @param numbers 1…lanes_at_once
std::size_t replay(Session& session, std::span<const std::uint64_t> numbers) {
    std::vector<Parameter> parameters;
    for (std::size_t i = 0; i < mysql::marks_for(numbers.size()); ++i)
        parameters.emplace_back(mysql::bounded(i < numbers.size() ? numbers[i] : numbers.back()));
    const auto graves = read_graves(
        session.query("SELECT " + std::string{grave_columns} +
                          " FROM nanomdm_outbox_dead_letters FORCE INDEX (PRIMARY) WHERE " +
                          mysql::any_of("number", numbers.size()) + " ORDER BY id, number FOR UPDATE",
                      parameters));
    if (graves.empty()) return 0;
    for (const auto& grave : graves) put_behind(session, grave);
    remove_letters(session, graves);
    return graves.size();
}

// --- Shedding ---

/// The oldest dead letters. @param most 1…lanes_at_once. @return how many went
std::size_t shed_dead(Session& session, std::size_t most) {
    const auto graves = read_graves(session.query(
        "SELECT " + std::string{grave_columns} +
            " FROM nanomdm_outbox_dead_letters FORCE INDEX (PRIMARY) ORDER BY number LIMIT ? FOR UPDATE",
        {static_cast<std::int64_t>(most)}));
    if (graves.empty()) return 0;
    std::vector<RowRange> ranges;
    for (const auto& grave : graves) ranges.push_back(grave.rows());
    mysql::delete_ranges(session, ranges);
    remove_letters(session, graves);
    return graves.size();
}

constexpr std::string_view not_leased = "AND (lease IS NULL OR at <= UTC_TIMESTAMP(6))";

/// Where the oldest events are that wait in lanes nobody has leased: by lane, through which sequence.
using Ends = std::map<std::string, std::int64_t>;

Ends find_oldest(Session& session, std::size_t most) {
    Ends ends;
    auto rows =
        session.query("SELECT STRAIGHT_JOIN e.id, e.sequence"
                      " FROM nanomdm_outbox_queue e FORCE INDEX (idx_nanomdm_at)"
                      " JOIN nanomdm_outbox_queue l FORCE INDEX (PRIMARY) ON l.id = e.id AND l.sequence = 0"
                      " WHERE e.state = 2 AND (l.lease IS NULL OR l.at <= UTC_TIMESTAMP(6))"
                      " ORDER BY e.at LIMIT ?",
                      {static_cast<std::int64_t>(most)});
    while (rows.next()) {
        auto& end = ends[rows.text(0)];
        end = std::max(end, rows.integer(1));
    }
    return ends;
}

/// The first events of the lanes, through those ends, except where somebody was faster.
std::size_t shed_through(Session& session, const Ends& ends) {
    std::vector<std::string_view> keys;
    for (const auto& [key, end] : ends) keys.emplace_back(key);
    std::vector<LaneRow> lanes = mysql::lock_lanes(session, keys, not_leased);
    std::vector<RowRange> ranges;
    std::erase_if(lanes, [&](const LaneRow& lane) { return ends.at(lane.key) <= lane.gone_through; });
    if (lanes.empty()) return 0;
    for (auto& lane : lanes) {
        ranges.push_back({lane.key, lane.gone_through + 1, ends.at(lane.key)});
        lane.gone_through = ends.at(lane.key);
        lane.tries = {};
    }
    const auto count = mysql::delete_ranges(session, ranges, OutboxRow::waiting);
    mysql::delete_ranges(session, ranges); // their pieces
    mysql::write_shed(session, lanes);
    return count;
}

} // namespace

std::vector<DeadLetter> MySqlStorage::dead_letters(std::uint64_t after, std::size_t limit) {
    static const std::string page =
        "SELECT STRAIGHT_JOIN d.number, e.event_id, e.topic, d.id, " + mysql::microseconds("e.created_at") +
        ", " + mysql::microseconds("d.buried_at") +
        ", d.reason FROM nanomdm_outbox_dead_letters d FORCE INDEX (PRIMARY)"
        " JOIN nanomdm_outbox_queue e FORCE INDEX (PRIMARY) ON e.id = d.id AND e.sequence = d.sequence"
        " WHERE d.number > ? ORDER BY d.number LIMIT ?";
    return database_.run([&](Session& session) {
        std::vector<DeadLetter> letters;
        auto rows = session.query(page, {mysql::bounded(after), mysql::bounded(limit)});
        while (rows.next())
            letters.push_back({.number = static_cast<std::uint64_t>(rows.integer(0)),
                               .event_id = rows.text(1),
                               .topic = rows.text(2),
                               .enrollment = mysql::enrollment_id_of(rows.text(3)),
                               .created_at = mysql::time_of_microseconds(rows.integer(4)),
                               .buried_at = mysql::time_of_microseconds(rows.integer(5)),
                               .reason = rows.text(6)});
        return letters;
    });
}

std::size_t MySqlStorage::replay_dead_letters(std::span<const std::uint64_t> numbers) {
    const std::set<std::uint64_t> once{numbers.begin(), numbers.end()};
    const std::vector<std::uint64_t> in_order{once.begin(), once.end()};
    std::size_t count = 0;
    mysql::in_pieces(in_order, mysql::lanes_at_once, [&](std::span<const std::uint64_t> some) {
        count += database_.transact([&](Session& session) { return replay(session, some); });
    });
    return count;
}

std::size_t MySqlStorage::shed_events(std::uint64_t most) {
    const auto state = outbox_state();
    const std::uint64_t stored = state.waiting + state.dead;
    const std::uint64_t excess = stored > most ? stored - most : 0;
    std::uint64_t count = 0;
    const auto next = [&] { return std::min<std::uint64_t>(excess - count, mysql::lanes_at_once); };
    while (count < excess) {
        const auto gone = database_.transact([&](Session& session) { return shed_dead(session, next()); });
        if (gone == 0) break;
        count += gone;
    }
    while (count < excess) {
        const auto gone = database_.transact([&](Session& session) -> std::size_t {
            const auto ends = find_oldest(session, next());
            return ends.empty() ? 0 : shed_through(session, ends);
        });
        if (gone == 0) break;
        count += gone;
    }
    return count;
}

OutboxState MySqlStorage::outbox_state() {
    static const std::string counts =
        "SELECT (SELECT COUNT(*) FROM nanomdm_outbox_queue FORCE INDEX (idx_nanomdm_at) WHERE state = 2),"
        " (SELECT COUNT(*) FROM nanomdm_outbox_dead_letters),"
        " (SELECT " +
        mysql::microseconds("at") +
        " FROM nanomdm_outbox_queue FORCE INDEX (idx_nanomdm_at) WHERE state = 2 ORDER BY at LIMIT 1)";
    return database_.run([&](Session& session) {
        OutboxState state;
        auto rows = session.query(counts);
        if (!rows.next()) return state;
        state.waiting = static_cast<std::uint64_t>(rows.integer(0));
        state.dead = static_cast<std::uint64_t>(rows.integer(1));
        if (!rows.null(2)) state.oldest = mysql::time_of_microseconds(rows.integer(2));
        return state;
    });
}

} // namespace nanomdm::storage
