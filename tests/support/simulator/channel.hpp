// Which of Apple's five kinds of enrollment a simulated device speaks as.
#pragma once

#include "support/simulator/plist_dict.hpp"

#include <string>

namespace nanomdm::sim {

/// The identifying members of every message. Empty ones are left out.
struct Channel {
    std::string udid;
    std::string user_id;
    std::string user_short_name;
    std::string user_long_name;
    std::string enrollment_id;
    std::string enrollment_user_id;

    [[nodiscard]] static Channel device(std::string udid);
    /// The user channel of a Mac.
    [[nodiscard]] static Channel user(std::string udid, std::string user_id, std::string short_name,
                                      std::string long_name);
    [[nodiscard]] static Channel shared_ipad(std::string udid, std::string short_name);
    /// BYOD, device channel.
    [[nodiscard]] static Channel user_enrollment_device(std::string enrollment_id);
    /// BYOD, user channel.
    [[nodiscard]] static Channel user_enrollment(std::string enrollment_id, std::string enrollment_user_id,
                                                 std::string short_name, std::string long_name);

    /// The ID an MDM server calls it by.
    [[nodiscard]] std::string id() const;
    [[nodiscard]] bool is_user_channel() const noexcept {
        return !user_id.empty() || !enrollment_user_id.empty();
    }
    [[nodiscard]] Dict members() const;
};

} // namespace nanomdm::sim
