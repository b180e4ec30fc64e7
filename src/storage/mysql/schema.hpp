// The database's schema: which version it has, and bringing it to the one this binary needs.
#pragma once

#include "storage/mysql/endpoint.hpp"
#include "storage/mysql/session.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace nanomdm::storage::mysql {

/// What is done about a schema that is not this binary's.
enum class SchemaPolicy {
    check,  ///< refuse to start with it
    migrate ///< bring it up to date: `-migrate-schema`
};

struct SchemaState {
    int version = 0;                 ///< of ours; 0: none yet
    std::string oldest_binary;       ///< the oldest version of nanomdm that may run on it; empty: none yet
    bool has_nanomdm_tables = false; ///< with version 0: a database that NanoMDM made
};

/// What a migration is about to do.
struct SchemaProgress {
    int version = 0;   ///< of the migration; 0: preparing, or waiting
    std::string name;  ///< of the migration
    std::string doing; ///< the statement's first line, or what is waited for
};
/// Called before every statement; for the log. What it throws ends the migration, which can be run again.
using SchemaObserver = std::function<void(const SchemaProgress&)>;

/// The version that this binary makes and needs.
[[nodiscard]] int newest_schema();

[[nodiscard]] SchemaState schema_state(Session& session);

/// @throws Error{Errc::not_configured} when the schema is missing or older than this binary needs,
///         Error{Errc::conflict} when it is newer and does not allow this binary any more.
void check_schema(Session& session);

/// Brings the database to newest_schema(), a new one and one that NanoMDM made alike. Blocks, for minutes
/// where there are millions of rows. Cut short anywhere it can be run again. Several processes may call it at
/// once: one works, the others wait and then find it done.
/// @param lease how long a process that died keeps the others waiting; whole seconds.
/// @throws Error{Errc::invalid} when the data or other tables are in the way: what() lists them.
void migrate_schema(const Endpoint& endpoint, const SchemaObserver& observe = {},
                    std::chrono::seconds lease = std::chrono::seconds{60});

} // namespace nanomdm::storage::mysql
