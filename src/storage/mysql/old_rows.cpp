#include "storage/mysql/old_rows.hpp"

#include "storage/mysql/queue_rows.hpp"

namespace nanomdm::storage::mysql {
namespace {

constexpr std::size_t rows_per_step = 500;

/// Rows `q` that may be pending, as the index has them; what their results say is in `r`.
std::string open_rows(std::size_t ids) {
    return "FROM enrollment_queue q FORCE INDEX (idx_nanomdm_next)"
           " LEFT JOIN command_results r ON r.id = q.id AND r.command_uuid = q.command_uuid"
           " WHERE " +
           any_of("q.id", ids) + " AND q.active = 1 AND q.done = 0";
}

/// @return whether there may be more.
bool mark_finished(Session& session, std::span<const std::string_view> ids) {
    std::vector<Parameter> parameters;
    add_texts(parameters, ids);
    const auto finished =
        queue_rows(session.query("SELECT q.id, q.command_uuid " + open_rows(ids.size()) + " AND NOT " +
                                     std::string{no_final_result} + " LIMIT " + std::to_string(rows_per_step),
                                 parameters));
    in_pieces(finished, rows_at_once, [&](std::span<const QueueRow> rows) {
        std::vector<Parameter> names;
        add_rows(names, rows);
        session.execute(
            "UPDATE enrollment_queue FORCE INDEX (PRIMARY) SET done = 1, updated_at = updated_at WHERE " +
                any_of_rows(rows.size()),
            names);
    });
    return finished.size() == rows_per_step;
}

std::vector<std::string> with_unnumbered_rows(Session& session, std::span<const std::string_view> ids) {
    std::vector<Parameter> parameters;
    add_texts(parameters, ids);
    auto rows = session.query("SELECT DISTINCT q.id FROM enrollment_queue q FORCE INDEX (idx_nanomdm_next)"
                              " WHERE " +
                                  any_of("q.id", ids.size()) +
                                  " AND q.active = 1 AND q.done = 0 AND q.seq = 0 ORDER BY q.id",
                              parameters);
    std::vector<std::string> found;
    while (rows.next()) found.push_back(rows.text(0));
    return found;
}

} // namespace

std::vector<std::string> enrollments_after(Session& session, const std::string& after) {
    auto rows = session.query("SELECT id FROM enrollments FORCE INDEX (PRIMARY) WHERE id > ? ORDER BY id"
                              " LIMIT 500",
                              {std::string_view{after}});
    std::vector<std::string> ids;
    while (rows.next()) ids.push_back(rows.text(0));
    return ids;
}

void number_old_rows(Session& session, std::span<const std::string_view> ids) {
    std::vector<Parameter> names;
    add_texts(names, ids);
    // A new enrollment of the device clears its queue under a lock on the enrollment: it waits, or we do.
    (void)session.query("SELECT id FROM enrollments FORCE INDEX (PRIMARY) WHERE " + any_of("id", ids.size()) +
                            " LOCK IN SHARE MODE",
                        names);
    // The counter's lock keeps those out who would number the same rows, or newer ones.
    session.execute("INSERT INTO nanomdm_queue_counters (id, last_seq) SELECT e.id, 0 FROM enrollments e"
                    " WHERE " +
                        any_of("e.id", ids.size()) +
                        " ORDER BY e.id"
                        " ON DUPLICATE KEY UPDATE last_seq = nanomdm_queue_counters.last_seq",
                    names);
    const auto numbered = session.execute(
        "UPDATE enrollment_queue t JOIN (SELECT q.id, q.command_uuid, ROW_NUMBER() OVER (PARTITION BY q.id"
        " ORDER BY q.priority DESC, q.created_at, q.command_uuid) AS place " +
            open_rows(ids.size()) + " AND q.seq = 0 AND " + std::string{no_final_result} +
            ") n ON t.id = n.id AND t.command_uuid = n.command_uuid"
            " JOIN nanomdm_queue_counters c ON c.id = t.id"
            " SET t.seq = c.last_seq + n.place, t.updated_at = t.updated_at",
        names);
    if (numbered == 0) return;
    session.execute("UPDATE nanomdm_queue_counters c JOIN (SELECT q.id, MAX(q.seq) AS last_seq"
                    " FROM enrollment_queue q FORCE INDEX (idx_nanomdm_next) WHERE " +
                        any_of("q.id", ids.size()) +
                        " AND q.active = 1 AND q.done = 0 GROUP BY q.id) n ON n.id = c.id"
                        " SET c.last_seq = GREATEST(c.last_seq, n.last_seq)",
                    names);
}

bool OldRows::step(Session& session) {
    const auto ids = enrollments_after(session, after_);
    if (ids.empty()) {
        after_.clear();
        return false;
    }
    const std::vector<std::string_view> names{ids.begin(), ids.end()};
    if (mark_finished(session, names)) return true; // these enrollments once more
    const auto unnumbered = with_unnumbered_rows(session, names);
    if (!unnumbered.empty()) {
        session.begin();
        number_old_rows(session, std::vector<std::string_view>{unnumbered.begin(), unnumbered.end()});
        session.commit();
    }
    after_ = ids.back();
    return true;
}

} // namespace nanomdm::storage::mysql
