// One enrollment of each of the five types, for tests of what holds for all of them.
#pragma once

#include "e2e/scene.hpp"

#include <optional>
#include <ostream>
#include <string>

namespace nanomdm::test {

struct OfType {
    const char* name;
    sim::Channel device;
    std::optional<sim::Channel> user; ///< the channel meant, if it is a user's
    const char* type;                 ///< as NanoMDM names it
    std::string id;
    std::string parent = {}; ///< empty: none

    /// Enrolled, with the device it belongs to.
    [[nodiscard]] sim::Device enroll(const Scene& scene) const {
        const auto identity = test_identity("device");
        auto of_device = scene.device(device, identity);
        of_device.enroll();
        if (!user) return of_device;
        auto of_user = scene.device(*user, identity);
        of_user.enroll();
        return of_user;
    }
};

inline void PrintTo(const OfType& printed, std::ostream* out) { *out << printed.name; }

[[nodiscard]] inline std::vector<OfType> five_types() {
    using sim::Channel;
    return {
        {"Device", Channel::device("UDID-1"), {}, "Device", "UDID-1"},
        {"User", Channel::device("UDID-2"), Channel::user("UDID-2", "502", "jo", "Jo Doe"), "User",
         "UDID-2:502", "UDID-2"},
        {"SharedIpad", Channel::device("UDID-3"), Channel::shared_ipad("UDID-3", "jo@example.org"),
         "Shared iPad", "UDID-3:jo@example.org", "UDID-3"},
        {"UserEnrollmentDevice",
         Channel::user_enrollment_device("EID-1"),
         {},
         "User Enrollment (Device)",
         "EID-1"},
        {"UserEnrollment", Channel::user_enrollment_device("EID-2"),
         Channel::user_enrollment("EID-2", "EUID", "jo", "Jo Doe"), "User Enrollment", "EID-2:EUID", "EID-2"},
    };
}

} // namespace nanomdm::test
