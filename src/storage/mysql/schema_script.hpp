// A migration as written in schema/mysql: SQL statements, each with the directives in the comment before it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::storage::mysql {

/// What `@unless` asks: whether something is there, and so.
struct SchemaCondition {
    enum class Subject { table, column, index, foreign_key };
    Subject subject = Subject::table;
    std::string table;
    std::string name;                            ///< of the column or index
    std::vector<std::string> traits;             ///< of a column: its type, its collation, `not null`
    std::vector<std::string> columns;            ///< of a foreign key
    std::string referenced_table;                ///< of a foreign key
    std::vector<std::string> referenced_columns; ///< of a foreign key
};

struct ScriptStatement {
    std::string sql;                     ///< without the semicolon and without comments
    std::vector<SchemaCondition> unless; ///< skipped when there are any and all hold
    std::string for_each;                ///< a query; empty: run once
    std::string refuse;                  ///< a message; not empty: `sql` is a SELECT that must find nothing
    bool in_batches = false;             ///< run until it changes nothing
    int line = 0;                        ///< where `sql` begins
};

struct SchemaScript {
    int version = 0; ///< 0: run before all others, and not recorded
    std::string name;
    std::string oldest_binary;
    std::vector<ScriptStatement> statements;
};

/// The grammar is described in schema/mysql/0000_bookkeeping.sql.
/// @param file_name `0012_what_it_does.sql`
/// @throws Error{Errc::internal} naming file and line at a directive or a statement it does not understand.
[[nodiscard]] SchemaScript parse_script(std::string_view file_name, std::string_view text);

/// Puts the values in place of {1}, {2}, …, which must stand in '…' or `…` and are escaped for that.
/// @throws Error{Errc::internal} at a number without a value, or outside quotes.
[[nodiscard]] std::string fill_in(std::string_view sql, const std::vector<std::string>& values);

} // namespace nanomdm::storage::mysql
