// The table of enrollment types, and the rule that makes one ID from a message's members.
#include "nanomdm/mdm/enrollment.hpp"

#include <array>
#include <utility>

namespace nanomdm {
namespace {

constexpr std::array<std::pair<EnrollmentType, std::string_view>, 5> type_names{{
    {EnrollmentType::device, "Device"},
    {EnrollmentType::user, "User"},
    {EnrollmentType::shared_ipad, "Shared iPad"},
    {EnrollmentType::user_enrollment_device, "User Enrollment (Device)"},
    {EnrollmentType::user_enrollment, "User Enrollment"},
}};

/// Between a device's ID and its user's.
constexpr char separator = ':';

/// What every user of a Shared iPad sends as UserID.
constexpr std::string_view shared_ipad_user_id = "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF";

/// A device ID with the separator in it could name somebody else's user channel: device `A:B` would be the
/// user `B` of device `A`. No Apple device has one.
EnrollmentId device_id(const std::string& text) {
    if (text.find(separator) != std::string::npos) throw Error{Errc::invalid, "device ID has a colon"};
    return EnrollmentId{text};
}

Enrollment user_channel(EnrollmentType type, const std::string& device, const std::string& user) {
    if (user.empty()) throw Error{Errc::invalid, "user channel without a user"};
    auto parent = device_id(device);
    return {EnrollmentId{device + separator + user}, type, std::move(parent)};
}

} // namespace

std::string_view to_string(EnrollmentType type) noexcept {
    for (const auto& [value, name] : type_names) {
        if (value == type) return name;
    }
    return {};
}

std::optional<EnrollmentType> enrollment_type(std::string_view name) noexcept {
    for (const auto& [value, known] : type_names) {
        if (known == name) return value;
    }
    return std::nullopt;
}

Enrollment resolve(const Identifiers& ids) {
    if (!ids.udid.empty()) {
        if (ids.user_id.empty()) return {device_id(ids.udid), EnrollmentType::device, std::nullopt};
        if (ids.user_id == shared_ipad_user_id)
            return user_channel(EnrollmentType::shared_ipad, ids.udid, ids.user_short_name);
        return user_channel(EnrollmentType::user, ids.udid, ids.user_id);
    }
    if (ids.enrollment_id.empty()) throw Error{Errc::invalid, "message has neither UDID nor EnrollmentID"};
    if (ids.enrollment_user_id.empty())
        return {device_id(ids.enrollment_id), EnrollmentType::user_enrollment_device, std::nullopt};
    return user_channel(EnrollmentType::user_enrollment, ids.enrollment_id, ids.enrollment_user_id);
}

} // namespace nanomdm
