// Whether something that a migration makes is there already, as information_schema says.
#pragma once

#include "storage/mysql/schema_script.hpp"
#include "storage/mysql/session.hpp"

#include <span>

namespace nanomdm::storage::mysql {

/// In the session's own database.
[[nodiscard]] bool holds(Session& session, const SchemaCondition& condition);

/// @return false when there are none.
[[nodiscard]] bool all_hold(Session& session, std::span<const SchemaCondition> conditions);

} // namespace nanomdm::storage::mysql
