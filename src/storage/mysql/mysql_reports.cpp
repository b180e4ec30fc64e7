// Storing what devices report of their commands.
#include "storage/mysql/mysql_storage.hpp"
#include "storage/mysql/outbox_recording.hpp"
#include "storage/mysql/row_key.hpp"
#include "storage/mysql/text_columns.hpp"

#include <string>

namespace nanomdm::storage {

using mysql::Parameter;
using mysql::RowKey;
using mysql::Session;
using mysql::TextColumn;

namespace {

// FORCE INDEX, here and wherever rows are changed by their keys: where a table is small, the optimizer would
// walk and lock all of it, rows of other devices included.

constexpr std::string_view mark_done = R"(
UPDATE enrollment_queue FORCE INDEX (PRIMARY) SET done = 1, updated_at = UTC_TIMESTAMP()
WHERE id = ? AND command_uuid = ? AND active = 1)";

constexpr std::string_view put_final_result = R"(
INSERT INTO command_results (id, command_uuid, status, result, result_raw, result_raw_of, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(), UTC_TIMESTAMP())
ON DUPLICATE KEY UPDATE status = VALUES(status), result = VALUES(result), result_raw = VALUES(result_raw),
    result_raw_of = VALUES(result_raw_of), updated_at = VALUES(updated_at))";

/// Nothing is inserted when the queue has no such row. A late duplicate from before the command was done
/// changes nothing: were it believed, the command would run twice.
const std::string& put_not_now() {
    static const std::string sql = [] {
        std::string put = R"(
INSERT INTO command_results (id, command_uuid, status, result, result_raw, result_raw_of, not_now_at,
                             not_now_tally, created_at, updated_at)
SELECT q.id, q.command_uuid, 'NotNow', ?, ?, ?, UTC_TIMESTAMP(), 1, UTC_TIMESTAMP(), UTC_TIMESTAMP()
FROM enrollment_queue q WHERE q.id = ? AND q.command_uuid = ? AND q.active = 1
ON DUPLICATE KEY UPDATE )";
        const auto unless_final = [](const std::string& column, const std::string& value) {
            return column + " = IF(CAST(command_results.status AS BINARY) = 'NotNow', " + value +
                   ", command_results." + column + ")";
        };
        put += unless_final("not_now_tally", "command_results.not_now_tally + 1");
        put += ", " + unless_final("not_now_at", "COALESCE(command_results.not_now_at, VALUES(not_now_at))");
        for (const auto* column : {"result", "result_raw", "result_raw_of", "updated_at"})
            put += ", " + unless_final(column, std::string{"VALUES("} + column + ")");
        return put;
    }();
    return sql;
}

/// Not the command itself: other devices may have it too, and would wait for us. Retention looks for those
/// that nobody has.
bool remove(Session& session, const RowKey& id, const RowKey& uuid) {
    const auto remove_from = [&](std::string_view table, std::string_view condition) {
        return session.execute("DELETE t FROM " + std::string{table} +
                                   " t FORCE INDEX (PRIMARY) WHERE id = ? AND command_uuid = ?" +
                                   std::string{condition},
                               {id, uuid}) > 0;
    };
    const bool was_there = remove_from("enrollment_queue", " AND active = 1");
    if (was_there) remove_from("command_results", "");
    return was_there;
}

/// The queue is locked before the results, as by all others.
bool finish(Session& session, const RowKey& id, const RowKey& uuid, const ReportStatus& status,
            const TextColumn& text) {
    if (session.execute(mark_done, {id, uuid}) == 0) return false;
    session.execute(put_final_result,
                    {id, uuid, std::string_view{status.str()}, text.text(), text.raw(), text.raw_of()});
    return true;
}

} // namespace

bool MySqlStorage::store_report(const CommandReport& report) {
    const auto event = mysql::event_of(report);
    const auto record = [&](Session& session) {
        if (event) mysql::record(session, *event, largest_message_);
    };
    if (!report.command_uuid || report.is_idle()) {
        if (event) database_.transact(record);
        return false;
    }
    const RowKey id{report.enrollment.id};
    const RowKey uuid{*report.command_uuid};
    const TextColumn text{report.raw};
    if (report.is_not_now()) {
        return mysql::with_event(database_, event, largest_message_, [&](Session& session) {
            return session.execute(put_not_now(), {text.text(), text.raw(), text.raw_of(), id, uuid}) > 0;
        });
    }
    return database_.transact([&](Session& session) {
        const bool known =
            delete_finished_ ? remove(session, id, uuid) : finish(session, id, uuid, report.status, text);
        record(session);
        return known;
    });
}

} // namespace nanomdm::storage
