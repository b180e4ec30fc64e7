// An enrollment's own row, and what stands in for it until there is one.
#pragma once

#include "nanomdm/storage/enrollment_store.hpp"
#include "storage/mysql/session.hpp"

#include <string>
#include <string_view>

namespace nanomdm::storage::mysql {

/// Of `enrollments e`, as read_enrollment() takes them.
inline constexpr std::string_view enrollment_columns =
    "e.type, e.topic, e.push_magic, e.token_hex, e.enabled, e.token_update_tally, "
    "UNIX_TIMESTAMP(e.last_seen_at)";

/// @param first the column where enrollment_columns begin
/// @throws Error{Errc::corrupt} naming the enrollment when a value is none of its kind.
void read_enrollment(Rows& row, unsigned first, EnrollmentState& state);

/// A channel without a TokenUpdate: it has no row in `enrollments`.
[[nodiscard]] EnrollmentState incomplete(Enrollment enrollment);

/// The SQL expression of whether an Authenticate is that of a user enrollment: no column says so before the
/// first TokenUpdate.
[[nodiscard]] std::string is_user_enrollment(const std::string& authenticate);

} // namespace nanomdm::storage::mysql
