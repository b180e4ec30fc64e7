#include "storage/mysql/schema_conditions.hpp"

#include <algorithm>

namespace nanomdm::storage::mysql {
namespace {

bool table_is_there(Session& session, const std::string& table) {
    auto rows = session.query("SELECT 1 FROM information_schema.tables "
                              "WHERE table_schema = DATABASE() AND table_name = ?",
                              {table});
    return rows.next();
}

bool column_is_so(Session& session, const SchemaCondition& condition) {
    auto rows = session.query("SELECT LOWER(data_type), LOWER(column_type), COALESCE(collation_name, ''), "
                              "COALESCE(character_set_name, ''), IF(is_nullable = 'NO', 'not null', 'null') "
                              "FROM information_schema.columns "
                              "WHERE table_schema = DATABASE() AND table_name = ? AND column_name = ?",
                              {condition.table, condition.name});
    if (!rows.next()) return false;
    const auto has = [&](const std::string& trait) {
        for (unsigned i = 0; i < 5; ++i)
            if (rows.text(i) == trait) return true;
        return false;
    };
    return std::all_of(condition.traits.begin(), condition.traits.end(), has);
}

bool index_is_there(Session& session, const SchemaCondition& condition) {
    auto rows = session.query("SELECT 1 FROM information_schema.statistics "
                              "WHERE table_schema = DATABASE() AND table_name = ? AND index_name = ? LIMIT 1",
                              {condition.table, condition.name});
    return rows.next();
}

std::string joined(const std::vector<std::string>& names) {
    std::string list;
    for (const auto& name : names) list += (list.empty() ? "" : ",") + name;
    return list;
}

bool foreign_key_is_there(Session& session, const SchemaCondition& condition) {
    const auto columns = joined(condition.columns);
    const auto referenced = joined(condition.referenced_columns);
    auto rows = session.query(
        "SELECT 1 FROM information_schema.key_column_usage AS k "
        "JOIN information_schema.referential_constraints AS r "
        "ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name "
        "AND r.table_name = k.table_name "
        "WHERE k.constraint_schema = DATABASE() AND k.table_name = ? AND k.referenced_table_name = ? "
        "AND r.delete_rule = 'CASCADE' AND r.update_rule = 'CASCADE' "
        "GROUP BY k.constraint_name "
        "HAVING GROUP_CONCAT(k.column_name ORDER BY k.ordinal_position) = ? "
        "AND GROUP_CONCAT(k.referenced_column_name ORDER BY k.ordinal_position) = ?",
        {condition.table, condition.referenced_table, columns, referenced});
    return rows.next();
}

} // namespace

bool holds(Session& session, const SchemaCondition& condition) {
    switch (condition.subject) {
    case SchemaCondition::Subject::table:
        return table_is_there(session, condition.table);
    case SchemaCondition::Subject::column:
        return column_is_so(session, condition);
    case SchemaCondition::Subject::index:
        return index_is_there(session, condition);
    case SchemaCondition::Subject::foreign_key:
        return foreign_key_is_there(session, condition);
    }
    return false;
}

bool all_hold(Session& session, std::span<const SchemaCondition> conditions) {
    return !conditions.empty() &&
           std::all_of(conditions.begin(), conditions.end(),
                       [&](const auto& condition) { return holds(session, condition); });
}

} // namespace nanomdm::storage::mysql
