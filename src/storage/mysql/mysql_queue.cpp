// The next command of an enrollment, and what was reported of one.
#include "storage/mysql/mysql_storage.hpp"
#include "storage/mysql/old_rows.hpp"
#include "storage/mysql/queue_rows.hpp"
#include "storage/mysql/row_key.hpp"
#include "storage/mysql/text_columns.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace nanomdm::storage {

using mysql::Parameter;
using mysql::RowKey;
using mysql::Session;

namespace {

/// A pending row with its command.
struct Candidate {
    Command command;
    std::int64_t seq = 0;
};

/// The index holds the pending rows in their order, apart from the finished ones, and the first that fits
/// ends the search: only its command is read. The hints keep any optimizer from sorting instead. The first
/// condition says again that there is one: MariaDB finds an empty queue by it before it plans the rest.
std::string candidate_query(std::string_view result_condition) {
    return "SELECT STRAIGHT_JOIN q.command_uuid, q.seq, c.request_type, " + mysql::bytes_of("c.command") +
           " FROM enrollment_queue q FORCE INDEX (idx_nanomdm_next)"
           " LEFT JOIN command_results r ON r.id = q.id AND r.command_uuid = q.command_uuid"
           " JOIN commands c ON c.command_uuid = q.command_uuid"
           " WHERE (SELECT m.active FROM enrollment_queue m FORCE INDEX (idx_nanomdm_next)"
           " WHERE m.id = ? AND m.active = 1 AND m.done = 0 LIMIT 1) IS NOT NULL"
           " AND q.id = ? AND q.active = 1 AND q.done = 0 AND " +
           std::string{result_condition} + " ORDER BY q.priority DESC, q.seq LIMIT 1";
}

std::optional<Candidate> candidate(Session& session, const RowKey& key, NotNow not_now) {
    static const std::string with_not_now = candidate_query(mysql::no_final_result);
    static const std::string without_not_now = candidate_query("r.id IS NULL");
    auto rows = session.query(not_now == NotNow::candidates ? with_not_now : without_not_now, {key, key});
    if (!rows.next()) return std::nullopt;
    return Candidate{{mysql::command_uuid_of(rows.text(0)), RequestType{rows.text(2)}, rows.text(3)},
                     rows.integer(1)};
}

} // namespace

std::optional<Command> MySqlStorage::next_command(const EnrollmentId& id, NotNow not_now) {
    const RowKey key{id};
    const auto look = [&] {
        return database_.run([&](Session& session) { return candidate(session, key, not_now); });
    };
    auto found = look();
    if (found && found->seq == 0) { // NanoMDM has written it: it and its like get their places first
        database_.transact(
            [&](Session& session) { mysql::number_old_rows(session, std::array{key.text()}); });
        found = look();
    }
    if (!found) return std::nullopt;
    return std::move(found->command);
}

std::optional<StoredResult> MySqlStorage::result(const EnrollmentId& id, const CommandUuid& uuid) {
    static const std::string query = "SELECT r.status, " + mysql::bytes_of("r.result") +
                                     ", r.not_now_tally, UNIX_TIMESTAMP(r.not_now_at)"
                                     " FROM command_results r WHERE r.id = ? AND r.command_uuid = ?";
    const RowKey id_key{id};
    const RowKey uuid_key{uuid};
    return database_.run([&](Session& session) -> std::optional<StoredResult> {
        auto rows = session.query(query, {id_key, uuid_key});
        if (!rows.next()) return std::nullopt;
        StoredResult result{.status = ReportStatus{rows.text(0)},
                            .raw = rows.text(1),
                            .not_now_tally = static_cast<int>(rows.integer(2)),
                            .first_not_now_at = std::nullopt};
        if (!rows.null(3)) result.first_not_now_at = TimePoint{std::chrono::seconds{rows.integer(3)}};
        return result;
    });
}

} // namespace nanomdm::storage
