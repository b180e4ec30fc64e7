// Whose messages these are, and messages made from what is known where one is missing.
#pragma once

#include "migrate/nanomdm/stored_enrollment.hpp"
#include "nanomdm/mdm/message.hpp"

#include <optional>
#include <string>

namespace nanomdm::migrate {

/// The messages of a stored enrollment that can be read and are its own.
struct ReadMessages {
    std::optional<Authenticate> authenticate = {};
    std::optional<TokenUpdate> token_update = {};
    std::optional<UserAuthenticate> user_authenticate = {};
    std::optional<UserAuthenticate> user_authenticate_digest = {};

    /// The first that there is.
    [[nodiscard]] const Message* any() const noexcept;
};

/// Takes the files out of `stored`; tells `findings` of each that is no good.
[[nodiscard]] ReadMessages read_messages(StoredEnrollment& stored, Findings& findings);

/// From the type and the ID alone. @return nullopt when they do not make one.
[[nodiscard]] std::optional<Enrollment> spare_enrollment(const std::string& id, const SpareFacts& spare);

/// What the device would have sent, as far as it is known. A serial number that no message can hold is left
/// out. @return nullopt when the rest makes no message either.
[[nodiscard]] std::optional<Authenticate> made_authenticate(const Enrollment& device,
                                                            const std::optional<Topic>& topic,
                                                            const std::string& serial_number);
/// @return nullopt when the facts are not enough, or break a limit.
[[nodiscard]] std::optional<TokenUpdate> made_token_update(const Enrollment& enrollment,
                                                           const SpareFacts& spare);

} // namespace nanomdm::migrate
