#include "storage/mysql/retention.hpp"

#include "storage/mysql/old_rows.hpp"

#include <algorithm>

namespace nanomdm::storage::mysql {
namespace {

constexpr std::size_t rows_per_step = 500;
// Lower than any time there is.
constexpr std::string_view beginning = "1970-01-02 00:00:00";

std::string limit() { return " LIMIT " + std::to_string(rows_per_step); }

/// Deletes those of the rows that still satisfy `condition`, of which the one parameter is `seconds`, and
/// that nobody has locked; with their results, or with their queue rows.
void remove_rows(Session& session, std::vector<QueueRow> rows, const std::string& table,
                 const std::string& condition, std::int64_t seconds) {
    std::ranges::sort(rows); // all lock in one order
    in_pieces(rows, rows_at_once, [&](std::span<const QueueRow> some) {
        std::vector<Parameter> parameters;
        add_rows(parameters, some);
        parameters.emplace_back(seconds);
        session.begin();
        const auto locked = queue_rows(
            session.query("SELECT id, command_uuid FROM " + table + " FORCE INDEX (PRIMARY) WHERE " +
                              any_of_rows(some.size()) + " AND " + condition + " FOR UPDATE SKIP LOCKED",
                          parameters));
        if (!locked.empty()) {
            parameters.clear();
            add_rows(parameters, locked);
            for (const std::string from : {"command_results", "enrollment_queue"})
                session.execute("DELETE t FROM " + from + " t FORCE INDEX (PRIMARY) WHERE " +
                                    any_of_rows(locked.size()),
                                parameters);
        }
        session.commit();
    });
}

/// Of a command `c` that nobody's queue has. The one parameter is for how many seconds it must have been
/// there. A NotNow alone is what a report left that raced with the last one: it goes with its command.
constexpr std::string_view unused = R"(
    c.created_at < UTC_TIMESTAMP() - INTERVAL ? SECOND
    AND NOT EXISTS (SELECT 1 FROM enrollment_queue q WHERE q.command_uuid = c.command_uuid)
    AND NOT EXISTS (SELECT 1 FROM command_results r
                    WHERE r.command_uuid = c.command_uuid AND CAST(r.status AS BINARY) <> 'NotNow'))";

/// Deletes those that are unused, but for those that somebody has locked.
void remove_commands(Session& session, const std::vector<std::string_view>& uuids, std::int64_t seconds) {
    const auto matching = [&session](const std::string& query, const std::vector<Parameter>& parameters) {
        auto rows = session.query(query, parameters);
        std::vector<std::string> found;
        while (rows.next()) found.push_back(rows.text(0));
        return found;
    };
    const auto with_names = [](std::vector<Parameter> parameters, const auto& names) {
        add_texts(parameters, std::vector<std::string_view>{names.begin(), names.end()});
        return parameters;
    };
    session.begin();
    // Whoever enqueues one of them has locked its row by the foreign key, or waits for us and stores it anew.
    const auto locked = matching("SELECT command_uuid FROM commands FORCE INDEX (PRIMARY) WHERE " +
                                     any_of("command_uuid", uuids.size()) + " FOR UPDATE SKIP LOCKED",
                                 with_names({}, uuids));
    if (!locked.empty()) {
        // With the lock, what a new look finds unused stays so.
        const auto found = matching("SELECT c.command_uuid FROM commands c WHERE " + std::string{unused} +
                                        " AND " + any_of("c.command_uuid", locked.size()),
                                    with_names({seconds}, locked));
        if (!found.empty())
            session.execute("DELETE t FROM commands t FORCE INDEX (PRIMARY) WHERE " +
                                any_of("command_uuid", found.size()),
                            with_names({}, found));
    }
    session.commit();
}

} // namespace

bool Retention::step(Session& session) {
    const auto advance = [this](bool more, Phase next) {
        if (more) return;
        phase_ = next;
        after_.clear();
    };
    if (!kept_) phase_ = Phase::commands;
    switch (phase_) {
    case Phase::results:
        advance(step_results(session), Phase::cleared);
        return true;
    case Phase::cleared:
        advance(step_cleared(session), Phase::commands);
        return true;
    case Phase::commands:
        break;
    }
    advance(step_commands(session), Phase::results);
    return !after_.empty();
}

bool Retention::step_results(Session& session) {
    const std::string old = "updated_at < UTC_TIMESTAMP() - INTERVAL ? SECOND";
    auto rows =
        session.query("SELECT r.id, r.command_uuid, CAST(r.updated_at AS CHAR) FROM command_results r"
                      " FORCE INDEX (idx_nanomdm_age)"
                      " LEFT JOIN enrollment_queue q ON q.id = r.id AND q.command_uuid = r.command_uuid"
                      " WHERE r.updated_at >= ? AND r." +
                          old +
                          " AND (CAST(r.status AS BINARY) <> 'NotNow' OR q.id IS NULL OR q.active = 0)"
                          " ORDER BY r.updated_at" +
                          limit(),
                      {after_.empty() ? beginning : std::string_view{after_}, seconds_kept()});
    std::vector<QueueRow> found;
    std::string newest;
    while (rows.next()) {
        found.push_back({rows.text(0), rows.text(1)});
        newest = rows.text(2);
    }
    const bool more = found.size() == rows_per_step;
    remove_rows(session, std::move(found), "command_results", old, seconds_kept());
    after_ = newest;
    return more;
}

bool Retention::step_cleared(Session& session) {
    const std::string old = "active = 0 AND updated_at < UTC_TIMESTAMP() - INTERVAL ? SECOND";
    const auto ids = enrollments_after(session, after_);
    if (ids.empty()) return false;
    std::vector<Parameter> parameters;
    add_texts(parameters, std::vector<std::string_view>{ids.begin(), ids.end()});
    parameters.emplace_back(seconds_kept());
    auto found = queue_rows(
        session.query("SELECT id, command_uuid FROM enrollment_queue FORCE INDEX (idx_nanomdm_next) WHERE " +
                          any_of("id", ids.size()) + " AND " + old + limit(),
                      parameters));
    const bool again = found.size() == rows_per_step;
    remove_rows(session, std::move(found), "enrollment_queue", old, seconds_kept());
    if (!again) after_ = ids.back();
    return true;
}

bool Retention::step_commands(Session& session) {
    auto rows = session.query("SELECT c.command_uuid, " + std::string{unused} +
                                  " FROM commands c FORCE INDEX (PRIMARY) WHERE c.command_uuid > ?"
                                  " ORDER BY c.command_uuid" +
                                  limit(),
                              {unused_kept_.count(), std::string_view{after_}});
    std::vector<std::string> found;
    std::string last;
    std::size_t count = 0;
    for (; rows.next(); ++count) {
        last = rows.text(0);
        if (rows.integer(1) != 0) found.push_back(last);
    }
    in_pieces(found, rows_at_once, [&](std::span<const std::string> some) {
        remove_commands(session, {some.begin(), some.end()}, unused_kept_.count());
    });
    after_ = last;
    return count == rows_per_step;
}

} // namespace nanomdm::storage::mysql
