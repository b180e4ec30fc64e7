// The outbox's rows: lanes, and ranges of their events. What they mean is said in
// schema/mysql/0004_outbox.sql.
#pragma once

#include "nanomdm/storage/outbox_store.hpp"
#include "storage/mysql/session.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::storage::mysql {

/// nanomdm_outbox_queue.state
enum class OutboxRow : std::int64_t { idle_lane = 0, lane = 1, waiting = 2, dead = 3, piece = 4 };

/// Of one statement that names lanes or ranges.
inline constexpr std::size_t lanes_at_once = 100;

/// A lane's row, as it is or as it is to become.
struct LaneRow {
    std::string key; ///< RowKey of the enrollment
    std::int64_t last_sequence = 0;
    std::int64_t gone_through = 0;
    Tries tries;
    std::string lease; ///< empty: none, or the last one's visit has ended

    [[nodiscard]] bool is_empty() const noexcept { return gone_through >= last_sequence; }
    [[nodiscard]] OutboxRow state() const noexcept {
        return is_empty() ? OutboxRow::idle_lane : OutboxRow::lane;
    }
};

/// The columns that read_lanes() reads.
inline constexpr std::string_view lane_columns =
    "id, last_sequence, gone_through, failed, refused, COALESCE(lease, '')";
[[nodiscard]] std::vector<LaneRow> read_lanes(Rows rows);

/// Locks lanes until the end of the transaction. @param keys 1…lanes_at_once
/// @param condition on the rows, beginning with AND, or empty
/// @return those that there are, in the order of the index, in which everybody locks them
[[nodiscard]] std::vector<LaneRow> lock_lanes(Session& session, std::span<const std::string_view> keys,
                                              std::string_view condition = {});

/// A locked lane as its visit leaves it: its lease ends.
struct VisitedLane {
    LaneRow lane;
    std::chrono::microseconds due_after{0};
};
/// @param lanes 1…lanes_at_once
void write_visited(Session& session, std::span<const VisitedLane> lanes);
/// Locked lanes as shedding leaves them: when they are due stays.
/// @param lanes 1…lanes_at_once
void write_shed(Session& session, std::span<const LaneRow> lanes);

/// Some rows of one lane, its own row apart.
struct RowRange {
    std::string_view key;
    std::int64_t first = 0;
    std::int64_t last = 0;
};
/// `(… OR …)`, true of the rows of `count` ranges; add_ranges() adds what it asks for. Of one table alone.
[[nodiscard]] std::string in_ranges(std::size_t count);
/// @param ranges 1…lanes_at_once
void add_ranges(std::vector<Parameter>& parameters, std::span<const RowRange> ranges);
/// @param state or any of them. @return how many rows went
std::uint64_t delete_ranges(Session& session, std::span<const RowRange> ranges,
                            std::optional<OutboxRow> state = std::nullopt);

/// A count or number from outside as a parameter: what is too large for the database is as large as can be.
[[nodiscard]] std::int64_t bounded(std::uint64_t count) noexcept;

/// Times of the outbox cross the connection as microseconds since 1970.
[[nodiscard]] std::int64_t microseconds_of(TimePoint time);
[[nodiscard]] TimePoint time_of_microseconds(std::int64_t microseconds);
/// The expression of a DATETIME(6) column as such.
[[nodiscard]] std::string microseconds(std::string_view column);

} // namespace nanomdm::storage::mysql
