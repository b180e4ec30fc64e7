#include "storage/mysql/schema.hpp"

#include "nanomdm/error.hpp"
#include "storage/mysql/schema_files.hpp"
#include "storage/mysql/schema_lease.hpp"
#include "storage/mysql/schema_run.hpp"
#include "storage/mysql/schema_script.hpp"

#include <algorithm>
#include <sstream>
#include <vector>

namespace nanomdm::storage::mysql {
namespace {

constexpr std::string_view this_binary = NANOMDM_VERSION;

/// All of them, in order; parsed once.
const std::vector<SchemaScript>& scripts() {
    static const auto all = [] {
        std::vector<SchemaScript> parsed;
        for (const auto& file : schema_files()) parsed.push_back(parse_script(file.name, file.text));
        std::sort(parsed.begin(), parsed.end(),
                  [](const auto& a, const auto& b) { return a.version < b.version; });
        return parsed;
    }();
    return all;
}

/// 1.10.0 as {1, 10, 0}.
std::vector<int> numbers(std::string_view version) {
    std::vector<int> parts;
    int part = 0;
    for (std::istringstream in{std::string{version}}; in >> part; in.ignore()) parts.push_back(part);
    return parts;
}

bool may_run_on(const SchemaState& state) { return numbers(this_binary) >= numbers(state.oldest_binary); }

void refuse_newer(const SchemaState& state) {
    if (may_run_on(state)) return;
    throw Error{Errc::conflict, "the database's schema " + std::to_string(state.version) + " needs nanomdm " +
                                    state.oldest_binary + " or later; this is " + std::string{this_binary}};
}

void record(Session& session, const SchemaScript& script) {
    session.execute("INSERT INTO nanomdm_schema (version, name, oldest_binary, applied_at) "
                    "VALUES (?, ?, ?, UTC_TIMESTAMP()) ON DUPLICATE KEY UPDATE version = VALUES(version)",
                    {std::int64_t{script.version}, script.name, script.oldest_binary});
}

} // namespace

int newest_schema() { return scripts().back().version; }

SchemaState schema_state(Session& session) {
    SchemaState state;
    auto tables = session.query("SELECT SUM(table_name = 'nanomdm_schema'), SUM(table_name = 'enrollments') "
                                "FROM information_schema.tables WHERE table_schema = DATABASE()");
    const bool has_rows = tables.next();
    state.has_nanomdm_tables = has_rows && tables.integer(1) > 0;
    if (!has_rows || tables.integer(0) == 0) return state;
    auto newest =
        session.query("SELECT version, oldest_binary FROM nanomdm_schema ORDER BY version DESC LIMIT 1");
    if (!newest.next()) return state;
    state.version = static_cast<int>(newest.integer(0));
    state.oldest_binary = newest.text(1);
    return state;
}

void check_schema(Session& session) {
    const auto state = schema_state(session);
    if (state.version >= newest_schema()) return refuse_newer(state);
    std::string found = "the database's schema is at version " + std::to_string(state.version);
    if (state.version == 0)
        found = state.has_nanomdm_tables ? "the database was made by NanoMDM or a migration was cut short"
                                         : "the database has no tables yet";
    throw Error{Errc::not_configured, found + ", and this nanomdm needs schema " +
                                          std::to_string(newest_schema()) + ": run nanomdm -migrate-schema"};
}

void migrate_schema(const Endpoint& endpoint, const SchemaObserver& observe,
                    std::chrono::seconds lease_time) {
    if (endpoint.database.empty()) throw Error{Errc::invalid, "the DSN names no database"};
    auto patient = endpoint;
    patient.read_timeout = std::chrono::hours{24}; // copying a large table takes long
    Session session{patient};
    // A statement that changes a table waits for transactions that use it, and whoever comes after waits for
    // it.
    session.run("SET SESSION lock_wait_timeout = 60, innodb_lock_wait_timeout = 50");

    SchemaRun{session, nullptr, observe}.run(scripts().front());
    const SchemaLease lease{endpoint, lease_time, [&](const std::string& holder) {
                                if (observe) observe({0, "waiting", "for " + holder});
                            }};
    const auto state = schema_state(session);
    refuse_newer(state);
    SchemaRun run{session, &lease, observe};
    for (const auto& script : scripts()) {
        if (script.version <= state.version) continue;
        run.run(script);
        record(session, script);
    }
}

} // namespace nanomdm::storage::mysql
