// Who a message is from: the members devices send, and the one enrollment ID made from them.
#pragma once

#include "nanomdm/mdm/text.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace nanomdm {

struct EnrollmentIdTag {
    static constexpr TextRule rule{.name = "enrollment ID", .max = 255, .unit = TextRule::Unit::bytes};
};
/// Names one enrollment. Untrusted text: may hold `/`, `..` or quotes; never a path component as it is.
using EnrollmentId = Text<EnrollmentIdTag>;

/// The five kinds of enrollment; see «MDM check-in» in Apple's Device Management documentation.
enum class EnrollmentType {
    device,                 ///< `UDID`
    user,                   ///< `UDID` and `UserID`: the user channel of a Mac
    shared_ipad,            ///< `UDID` and the all-F `UserID`: told apart by `UserShortName`
    user_enrollment_device, ///< `EnrollmentID`: BYOD, device channel
    user_enrollment,        ///< `EnrollmentID` and `EnrollmentUserID`: BYOD, user channel
};

/// The name NanoMDM gives the type in its database, webhook and headers ("Shared iPad", …).
[[nodiscard]] std::string_view to_string(EnrollmentType type) noexcept;
/// The inverse of to_string; nullopt for any other text.
[[nodiscard]] std::optional<EnrollmentType> enrollment_type(std::string_view name) noexcept;

/// The identifying members of a device message exactly as sent; empty where absent.
struct Identifiers {
    std::string udid = {};
    std::string user_id = {};
    std::string user_short_name = {};
    std::string user_long_name = {};
    std::string enrollment_id = {};
    std::string enrollment_user_id = {};
};

/// A resolved sender: its ID, and its device's ID when it is a user channel.
struct Enrollment {
    EnrollmentId id;
    EnrollmentType type = EnrollmentType::device;
    std::optional<EnrollmentId> parent;

    [[nodiscard]] bool is_user_channel() const noexcept { return parent.has_value(); }
    /// The device's enrollment: the parent of a user channel, else this one.
    [[nodiscard]] const EnrollmentId& device() const noexcept { return parent ? *parent : id; }

    friend bool operator==(const Enrollment&, const Enrollment&) = default;
};

/// Normalizes the members of a message to an enrollment.
/// @throws Error{Errc::invalid} when neither UDID nor EnrollmentID is there, an ID breaks its rule, or a
/// device's own ID has a colon, which separates it from its user's.
[[nodiscard]] Enrollment resolve(const Identifiers& identifiers);

} // namespace nanomdm
