#include "storage/mysql/outbox_rows.hpp"

#include "storage/mysql/queue_rows.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace nanomdm::storage::mysql {
namespace {

std::int64_t number(OutboxRow state) { return static_cast<std::int64_t>(state); }

/// The rows are there and locked: what the statement does is in what follows ON DUPLICATE KEY UPDATE.
std::string write_lanes(std::size_t count, std::string_view changes) {
    return "INSERT INTO nanomdm_outbox_queue (id, sequence, state, at, gone_through, failed, refused) "
           "VALUES " +
           marks(marks_for(count), "(?, 0, ?, TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6)), ?, ?, ?)") +
           " ON DUPLICATE KEY UPDATE state = VALUES(state), gone_through = VALUES(gone_through),"
           " failed = VALUES(failed), refused = VALUES(refused), " +
           std::string{changes};
}

void add_lane(std::vector<Parameter>& parameters, const LaneRow& lane, std::chrono::microseconds due_after) {
    const auto tries = lane.is_empty() ? Tries{} : lane.tries;
    parameters.insert(parameters.end(),
                      {std::string_view{lane.key}, number(lane.state()), std::int64_t{due_after.count()},
                       lane.gone_through, std::int64_t{tries.failed}, std::int64_t{tries.refused}});
}

} // namespace

std::vector<LaneRow> read_lanes(Rows rows) {
    std::vector<LaneRow> lanes;
    while (rows.next())
        lanes.push_back({.key = rows.text(0),
                         .last_sequence = rows.integer(1),
                         .gone_through = rows.integer(2),
                         .tries = {.failed = static_cast<int>(rows.integer(3)),
                                   .refused = static_cast<int>(rows.integer(4))},
                         .lease = rows.text(5)});
    return lanes;
}

std::vector<LaneRow> lock_lanes(Session& session, std::span<const std::string_view> keys,
                                std::string_view condition) {
    std::vector<Parameter> parameters;
    add_texts(parameters, keys);
    return read_lanes(session.query("SELECT " + std::string{lane_columns} +
                                        " FROM nanomdm_outbox_queue FORCE INDEX (PRIMARY) WHERE " +
                                        any_of("id", keys.size()) + " AND sequence = 0 " +
                                        std::string{condition} + " ORDER BY id FOR UPDATE",
                                    parameters));
}

void write_visited(Session& session, std::span<const VisitedLane> lanes) {
    std::vector<Parameter> parameters;
    for (std::size_t i = 0; i < marks_for(lanes.size()); ++i) {
        const auto& visited = i < lanes.size() ? lanes[i] : lanes.back();
        add_lane(parameters, visited.lane, visited.due_after);
    }
    session.execute(write_lanes(lanes.size(), "at = VALUES(at), lease = NULL"), parameters);
}

void write_shed(Session& session, std::span<const LaneRow> lanes) {
    std::vector<Parameter> parameters;
    for (std::size_t i = 0; i < marks_for(lanes.size()); ++i)
        add_lane(parameters, i < lanes.size() ? lanes[i] : lanes.back(), std::chrono::microseconds{0});
    session.execute(write_lanes(lanes.size(), "lease = IF(VALUES(state) = 0, NULL, lease)"), parameters);
}

std::string in_ranges(std::size_t count) {
    std::string list = "(";
    for (std::size_t i = 0; i < marks_for(count); ++i)
        list +=
            i == 0 ? "(id = ? AND sequence BETWEEN ? AND ?)" : " OR (id = ? AND sequence BETWEEN ? AND ?)";
    return list + ")";
}

void add_ranges(std::vector<Parameter>& parameters, std::span<const RowRange> ranges) {
    for (std::size_t i = 0; i < marks_for(ranges.size()); ++i) {
        const auto& range = i < ranges.size() ? ranges[i] : ranges.back();
        parameters.insert(parameters.end(), {range.key, range.first, range.last});
    }
}

std::uint64_t delete_ranges(Session& session, std::span<const RowRange> ranges,
                            std::optional<OutboxRow> state) {
    std::vector<Parameter> parameters;
    add_ranges(parameters, ranges);
    std::string sql =
        "DELETE t FROM nanomdm_outbox_queue t FORCE INDEX (PRIMARY) WHERE " + in_ranges(ranges.size());
    if (state) {
        sql += " AND state = ?";
        parameters.emplace_back(number(*state));
    }
    return session.execute(sql, parameters);
}

std::int64_t bounded(std::uint64_t count) noexcept {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::min<std::uint64_t>(count, most));
}

std::int64_t microseconds_of(TimePoint time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

TimePoint time_of_microseconds(std::int64_t microseconds) {
    return TimePoint{std::chrono::microseconds{microseconds}};
}

std::string microseconds(std::string_view column) {
    return "TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', " + std::string{column} + ")";
}

} // namespace nanomdm::storage::mysql
