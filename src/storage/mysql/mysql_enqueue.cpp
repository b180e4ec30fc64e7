// Enqueueing one command to any number of enrollments, a thousand per transaction.
#include "storage/mysql/failure.hpp"
#include "storage/mysql/mysql_storage.hpp"
#include "storage/mysql/old_rows.hpp"
#include "storage/mysql/queue_rows.hpp"
#include "storage/mysql/row_key.hpp"
#include "storage/mysql/text_columns.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace nanomdm::storage {

using mysql::Failure;
using mysql::FailureKind;
using mysql::Parameter;
using mysql::RowKey;
using mysql::Session;
using mysql::TextColumn;

namespace {

constexpr std::size_t batch_size = 1000;

/// IDs of one transaction, each once, sorted: everybody locks in this order.
using Ids = std::span<const std::string_view>;
using Outcomes = std::vector<EnqueueOutcome>;

/// What the queue says of the command: NULL never given, 1 pending, 2 finished or cleared; and whether there
/// are rows that NanoMDM left. Enrollments stay as they are until the commit, so that who is enabled now is
/// enabled when the command is in its queue.
std::string states_query(std::size_t ids) {
    const std::string pending{mysql::no_final_result};
    const std::string results =
        " LEFT JOIN command_results r ON r.id = q.id AND r.command_uuid = q.command_uuid";
    return "SELECT e.id, e.enabled,"
           " (SELECT IF(q.active = 1 AND q.done = 0 AND " +
           pending + ", 1, 2) FROM enrollment_queue q" + results +
           " WHERE q.id = e.id AND q.command_uuid = ?),"
           " EXISTS (SELECT 1 FROM enrollment_queue q FORCE INDEX (idx_nanomdm_next)" +
           results + " WHERE q.id = e.id AND q.active = 1 AND q.done = 0 AND q.seq = 0 AND " + pending +
           ") FROM enrollments e FORCE INDEX (PRIMARY) WHERE " + mysql::any_of("e.id", ids) +
           " LOCK IN SHARE MODE";
}

/// One command on its way into the queues.
class Enqueueing {
public:
    Enqueueing(mysql::Database& database, const Command& command)
        : database_{database}, command_{command}, uuid_{command.uuid}, text_{command.raw} {}

    /// @throws Error{Errc::conflict} when the UUID stands for other bytes.
    void look_for_command() {
        static const std::string query =
            "SELECT " + mysql::bytes_of("c.command") + " FROM commands c WHERE c.command_uuid = ?";
        is_stored_ = database_.run([&](Session& session) {
            auto rows = session.query(query, {uuid_});
            if (!rows.next()) return false;
            if (rows.text(0) != command_.raw)
                throw Error{Errc::conflict, "command UUID exists with another command"};
            return true;
        });
    }

    /// Commits. @param ids 1…1,000
    Outcomes to(Ids ids) {
        for (int attempt = 1;; ++attempt) {
            try {
                auto outcomes = database_.transact([&](Session& session) { return once(session, ids); });
                is_stored_ = is_stored_ || std::ranges::count(outcomes, EnqueueOutcome::queued) > 0;
                return outcomes;
            } catch (const Failure& failure) {
                // Somebody else has stored the command, or queued it, or has let it go since we looked.
                const bool raced = failure.kind() == FailureKind::duplicate_key ||
                                   failure.kind() == FailureKind::missing_parent;
                if (!raced) throw;
                if (attempt == 10) throw Error{Errc::unavailable, failure.what()};
            }
            look_for_command();
        }
    }

private:
    Outcomes once(Session& session, Ids ids) {
        Outcomes outcomes(ids.size(), EnqueueOutcome::enrollment_not_found);
        std::vector<std::string_view> old;
        find_outcomes(session, ids, outcomes, old);
        std::vector<std::string_view> queued;
        for (std::size_t i = 0; i < ids.size(); ++i)
            if (outcomes[i] == EnqueueOutcome::queued) queued.push_back(ids[i]);
        if (queued.empty()) return outcomes;
        if (!old.empty()) mysql::number_old_rows(session, old);
        add_rows(session, queued);
        return outcomes;
    }

    void find_outcomes(Session& session, Ids ids, Outcomes& outcomes, std::vector<std::string_view>& old) {
        std::vector<Parameter> parameters{uuid_};
        mysql::add_texts(parameters, ids);
        auto rows = session.query(states_query(ids.size()), parameters);
        while (rows.next()) {
            const std::string id = rows.text(0);
            const auto at = std::ranges::lower_bound(ids, std::string_view{id});
            if (at == ids.end() || *at != id) continue;
            auto& outcome = outcomes[static_cast<std::size_t>(at - ids.begin())];
            if (rows.integer(1) == 0) {
                outcome = EnqueueOutcome::enrollment_disabled;
            } else if (rows.null(2)) {
                outcome = EnqueueOutcome::queued;
                if (rows.integer(3) != 0) old.push_back(*at);
            } else {
                outcome =
                    rows.integer(2) == 1 ? EnqueueOutcome::already_queued : EnqueueOutcome::uuid_already_used;
            }
        }
        std::ranges::sort(old); // the index has control characters elsewhere
    }

    /// The counter's row lock makes the order of the numbers that of the commits, whichever process they are
    /// from.
    void add_rows(Session& session, Ids ids) {
        std::vector<Parameter> names;
        mysql::add_texts(names, ids);
        session.execute("INSERT INTO nanomdm_queue_counters (id, last_seq) SELECT e.id, 1 FROM enrollments e"
                        " FORCE INDEX (PRIMARY) WHERE " +
                            mysql::any_of("e.id", ids.size()) +
                            " ORDER BY e.id"
                            " ON DUPLICATE KEY UPDATE last_seq = nanomdm_queue_counters.last_seq + 1",
                        names);
        if (!is_stored_) {
            session.execute("INSERT INTO commands (command_uuid, request_type, command, command_raw,"
                            " command_raw_of, created_at, updated_at)"
                            " VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(), UTC_TIMESTAMP())",
                            {uuid_, std::string_view{command_.request_type.str()}, text_.text(), text_.raw(),
                             text_.raw_of()});
        }
        names.insert(names.begin(), uuid_);
        const auto added =
            session.execute("INSERT INTO enrollment_queue (id, command_uuid, active, priority, seq, done,"
                            " created_at, updated_at)"
                            " SELECT c.id, ?, 1, 0, c.last_seq, 0, UTC_TIMESTAMP(), UTC_TIMESTAMP()"
                            " FROM nanomdm_queue_counters c FORCE INDEX (PRIMARY) WHERE " +
                                mysql::any_of("c.id", ids.size()) + " ORDER BY c.id",
                            names);
        if (added != ids.size())
            throw Error{Errc::internal,
                        std::to_string(added) + " of " + std::to_string(ids.size()) + " queue rows inserted"};
    }

    mysql::Database& database_;
    const Command& command_;
    const RowKey uuid_;
    const TextColumn text_;
    bool is_stored_ = false;
};

} // namespace

std::vector<EnqueueOutcome> MySqlStorage::enqueue(const Command& command, std::span<const EnrollmentId> ids) {
    Enqueueing enqueueing{database_, command};
    enqueueing.look_for_command();

    std::vector<RowKey> keys;
    keys.reserve(ids.size());
    for (const auto& id : ids) keys.emplace_back(id);
    std::vector<std::size_t> order(ids.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return keys[i].text(); });
    std::vector<std::string_view> names;
    for (const std::size_t i : order)
        if (names.empty() || names.back() != keys[i].text()) names.push_back(keys[i].text());

    Outcomes found;
    found.reserve(names.size());
    mysql::in_pieces(names, batch_size, [&](Ids batch) {
        const auto some = enqueueing.to(batch);
        found.insert(found.end(), some.begin(), some.end());
    });

    Outcomes outcomes(ids.size());
    std::size_t name = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const bool is_repeated = i > 0 && keys[order[i]] == keys[order[i - 1]];
        if (i > 0 && !is_repeated) ++name;
        const bool is_again = is_repeated && found[name] == EnqueueOutcome::queued;
        outcomes[order[i]] = is_again ? EnqueueOutcome::already_queued : found[name];
    }
    return outcomes;
}

} // namespace nanomdm::storage
