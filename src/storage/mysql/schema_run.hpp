// Runs one migration, statement by statement.
#pragma once

#include "storage/mysql/schema.hpp"
#include "storage/mysql/schema_lease.hpp"
#include "storage/mysql/schema_script.hpp"
#include "storage/mysql/session.hpp"

namespace nanomdm::storage::mysql {

class SchemaRun {
public:
    /// @param lease nullptr while only what is safe without it is run.
    SchemaRun(Session& session, const SchemaLease* lease, const SchemaObserver& observe)
        : session_{session}, lease_{lease}, observe_{observe} {}

    /// @throws Error{Errc::invalid} where a script's `@refuse` finds rows.
    void run(const SchemaScript& script);

private:
    void run(const SchemaScript& script, const ScriptStatement& statement);
    void run_sql(const SchemaScript& script, const ScriptStatement& statement, const std::string& sql);
    void refuse_rows(const ScriptStatement& statement);
    std::uint64_t execute(const ScriptStatement& statement, const std::string& sql);

    Session& session_;
    const SchemaLease* lease_;
    const SchemaObserver& observe_;
};

} // namespace nanomdm::storage::mysql
