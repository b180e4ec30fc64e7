#include "storage/mysql/enrollment_columns.hpp"

#include "storage/mysql/row_values.hpp"

#include <utility>

namespace nanomdm::storage::mysql {

void read_enrollment(Rows& row, unsigned first, EnrollmentState& state) try {
    state.enrollment.type = enrollment_type_of(row.text(first));
    state.push = push_info_of(row.text(first + 1), row.text(first + 2), row.text(first + 3));
    state.enabled = row.integer(first + 4) != 0;
    state.token_update_tally = static_cast<int>(row.integer(first + 5));
    state.last_seen_at = time_of(row.integer(first + 6));
} catch (const Error& error) {
    if (error.code() != Errc::corrupt) throw;
    throw Error{Errc::corrupt, "enrollment " + state.enrollment.id.str() + ": " + error.what()};
}

EnrollmentState incomplete(Enrollment enrollment) {
    return {std::move(enrollment), false, 0, {}, std::nullopt, std::nullopt, {}, {}};
}

std::string is_user_enrollment(const std::string& authenticate) {
    return "INSTR(" + authenticate + ", 'EnrollmentID') > 0 AND INSTR(" + authenticate + ", 'UDID') = 0";
}

} // namespace nanomdm::storage::mysql
