// Words that the queue's statements share: when a result is final, and lists of rows by primary key.
#pragma once

#include "storage/mysql/session.hpp"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::storage::mysql {

/// Of a queue row joined with its result as `r`, perhaps none. Bytes are compared, because NanoMDM's status
/// column may take 'notnow' for 'NotNow'.
inline constexpr std::string_view no_final_result = "(r.id IS NULL OR CAST(r.status AS BINARY) = 'NotNow')";

/// The primary key of enrollment_queue and command_results, as the columns have it.
struct QueueRow {
    std::string id;
    std::string command_uuid;

    friend auto operator<=>(const QueueRow&, const QueueRow&) = default;
};

/// As many as one statement names at most.
inline constexpr std::size_t rows_at_once = 100;

/// Reads rows whose first two columns are `id` and `command_uuid`.
[[nodiscard]] std::vector<QueueRow> queue_rows(Rows rows);

/// `(… OR …)`, true of `count` rows or a few more, see marks_for(). For single-table statements.
[[nodiscard]] std::string any_of_rows(std::size_t count);
/// Adds what any_of_rows(rows.size()) asks for. @param rows 1…rows_at_once
void add_rows(std::vector<Parameter>& parameters, std::span<const QueueRow> rows);

/// `column IN (?,…)` for `count` texts or a few more; add_texts() adds what it asks for.
[[nodiscard]] std::string any_of(std::string_view column, std::size_t count);
/// @param texts 1…1,000; must outlive the statement
void add_texts(std::vector<Parameter>& parameters, std::span<const std::string_view> texts);

/// The rows in pieces that one statement can name.
template <class Row, class Visit>
void in_pieces(const std::vector<Row>& all, std::size_t piece, Visit&& visit) {
    for (std::size_t at = 0; at < all.size(); at += piece)
        visit(std::span{all}.subspan(at, std::min(piece, all.size() - at)));
}

} // namespace nanomdm::storage::mysql
