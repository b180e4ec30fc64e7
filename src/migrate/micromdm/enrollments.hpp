// From MicroMDM's records to what a device of theirs would have sent here.
#pragma once

#include "migrate/micromdm/records.hpp"
#include "nanomdm/storage/import_store.hpp"

#include <string>
#include <string_view>

namespace nanomdm::migrate::micromdm {

/// An enrollment without its commands and certificates.
struct MadeEnrollment {
    ImportedEnrollment enrollment;
    /// A name or version that is no clean text was left out.
    bool lacks_text = false;
    /// The unlock token is not hexadecimal, and was left out.
    bool lacks_unlock_token = false;
};

// With an Authenticate and a TokenUpdate of the fields that there are; enabled, with a tally of one: how many
// TokenUpdates there were, nobody has counted.
// All throw Error{Errc::invalid} for an ID, topic, magic or token that is none.

[[nodiscard]] MadeEnrollment make_device(const DeviceRecord& device, const PushRecord& push);
[[nodiscard]] MadeEnrollment make_user(const UserRecord& user, const PushRecord& push);
/// Unconfirmed: MicroMDM keeps no more of it than its push info, and that for ever.
[[nodiscard]] MadeEnrollment make_user_enrollment(std::string_view enrollment_id, const PushRecord& push);

/// @param nanoseconds since 1970. @return nullopt when there is no such time; now at the latest.
[[nodiscard]] std::optional<TimePoint> time_of(std::int64_t nanoseconds);

} // namespace nanomdm::migrate::micromdm
