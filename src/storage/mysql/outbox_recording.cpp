#include "storage/mysql/outbox_recording.hpp"

#include "storage/mysql/outbox_rows.hpp"
#include "storage/mysql/row_key.hpp"

#include <algorithm>
#include <string>

namespace nanomdm::storage::mysql {
namespace {

/// Rows are written one after the other: the first one, of the lane, locks it and remembers the next sequence
/// for the second one. An event is never stored over another one: a state of NULL fails the statement.
constexpr std::string_view put_event = R"(
INSERT INTO nanomdm_outbox_queue (id, sequence, state, at, last_sequence, event_id, topic, created_at, size,
                                  pieces, body)
VALUES (?, 0, 1, UTC_TIMESTAMP(6), LAST_INSERT_ID(1), NULL, NULL, NULL, NULL, NULL, NULL),
       (?, LAST_INSERT_ID(), ?, UTC_TIMESTAMP(6), 0, ?, ?,
        TIMESTAMPADD(MICROSECOND, ?, TIMESTAMP'1970-01-01 00:00:00'), ?, ?, ?)
ON DUPLICATE KEY UPDATE
    at = IF(state = 0, VALUES(at), at), state = IF(sequence = 0, 1, NULL),
    last_sequence = LAST_INSERT_ID(last_sequence + 1))";

} // namespace

void record(Session& session, const Event& event, std::size_t most_at_once) {
    const RowKey key{event.enrollment};
    const std::string_view body{event.body};
    const std::size_t pieces = std::max<std::size_t>(1, (body.size() + most_at_once - 1) / most_at_once);
    for (std::size_t piece = 1; piece <= pieces; ++piece) {
        const bool is_last = piece == pieces;
        const auto of_last = [&](Parameter parameter) { return is_last ? parameter : Parameter{nullptr}; };
        const auto state = is_last ? OutboxRow::waiting : OutboxRow::piece;
        session.execute(put_event,
                        {key, key, static_cast<std::int64_t>(state), of_last(std::string_view{event.id}),
                         of_last(std::string_view{event.topic}), of_last(microseconds_of(event.created_at)),
                         of_last(static_cast<std::int64_t>(body.size())),
                         of_last(static_cast<std::int64_t>(pieces)),
                         body.substr((piece - 1) * most_at_once, most_at_once)});
    }
}

} // namespace nanomdm::storage::mysql
