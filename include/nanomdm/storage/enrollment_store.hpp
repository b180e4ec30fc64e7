// Looking at enrollments. Part of the storage interface.
#pragma once

#include "nanomdm/mdm/message.hpp"
#include "nanomdm/mdm/push_info.hpp"

#include <optional>
#include <string>

namespace nanomdm {

/// An enrollment as it stands. A device that sent Authenticate only is there with enabled = false.
struct EnrollmentState {
    Enrollment enrollment;
    bool enabled = false;
    int token_update_tally = 0;
    std::string serial_number; ///< the device's; empty on a user channel
    std::optional<PushInfo> push;
    std::optional<TimePoint> last_seen_at;
    std::string user_short_name;
    std::string user_long_name;

    friend bool operator==(const EnrollmentState&, const EnrollmentState&) = default;
};

/// Raw messages as the device sent them; nullopt where it never did.
struct EnrollmentMessages {
    std::optional<std::string> authenticate;
    std::optional<std::string> token_update;
    std::optional<std::string> unlock_token; ///< raw bytes; a secret
    std::optional<std::string> user_authenticate;
    std::optional<std::string> user_authenticate_digest;
};

class EnrollmentStore {
public:
    virtual ~EnrollmentStore() = default;

    [[nodiscard]] virtual std::optional<EnrollmentState> enrollment(const EnrollmentId& id) = 0;
    [[nodiscard]] virtual EnrollmentMessages messages(const EnrollmentId& id) = 0;
};

} // namespace nanomdm
