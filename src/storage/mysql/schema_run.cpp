#include "storage/mysql/schema_run.hpp"

#include "nanomdm/error.hpp"
#include "storage/mysql/failure.hpp"
#include "storage/mysql/schema_conditions.hpp"

#include <vector>

namespace nanomdm::storage::mysql {
namespace {

// How many rows a refusal names.
constexpr std::size_t listed_rows = 20;
// Deadlocks with a server at work; each statement is safe to repeat.
constexpr int attempts = 10;

std::vector<std::vector<std::string>> all_rows(Session& session, const std::string& query) {
    std::vector<std::vector<std::string>> all;
    auto rows = session.query(query);
    while (rows.next()) {
        auto& row = all.emplace_back();
        for (unsigned i = 0; i < rows.columns(); ++i) row.push_back(rows.text(i));
    }
    return all;
}

} // namespace

void SchemaRun::run(const SchemaScript& script) {
    for (const auto& statement : script.statements) {
        try {
            run(script, statement);
        } catch (const Failure& failure) {
            throw Error{failure.code(), "migration " + std::to_string(script.version) + " " + script.name +
                                            ", line " + std::to_string(statement.line) + ": " +
                                            failure.what() + "; it can be run again"};
        }
    }
}

void SchemaRun::run(const SchemaScript& script, const ScriptStatement& statement) {
    if (all_hold(session_, statement.unless)) return;
    if (!statement.refuse.empty()) return refuse_rows(statement);
    if (statement.for_each.empty()) return run_sql(script, statement, statement.sql);
    for (const auto& row : all_rows(session_, statement.for_each))
        run_sql(script, statement, fill_in(statement.sql, row));
}

void SchemaRun::run_sql(const SchemaScript& script, const ScriptStatement& statement,
                        const std::string& sql) {
    do {
        if (lease_ != nullptr) lease_->check();
        if (observe_) observe_({script.version, script.name, sql.substr(0, sql.find('\n'))});
    } while (execute(statement, sql) > 0 && statement.in_batches);
}

void SchemaRun::refuse_rows(const ScriptStatement& statement) {
    const auto rows = all_rows(session_, statement.sql);
    if (rows.empty()) return;
    std::string message = statement.refuse + ":";
    for (std::size_t i = 0; i < rows.size() && i < listed_rows; ++i) {
        message += i == 0 ? " " : ", ";
        for (std::size_t column = 0; column < rows[i].size(); ++column)
            message += (column == 0 ? "" : " ") + rows[i][column];
    }
    if (rows.size() > listed_rows) message += " and " + std::to_string(rows.size() - listed_rows) + " more";
    throw Error{Errc::invalid, message};
}

std::uint64_t SchemaRun::execute(const ScriptStatement& statement, const std::string& sql) {
    for (int attempt = 1;; ++attempt) {
        try {
            return session_.run(sql);
        } catch (const Failure& failure) {
            if (failure.kind() == FailureKind::conflict && attempt < attempts) continue;
            // Somebody who also held the lease for a moment may have been faster.
            if (failure.kind() == FailureKind::other && all_hold(session_, statement.unless)) return 0;
            throw;
        }
    }
}

} // namespace nanomdm::storage::mysql
