// Messages, commands and names for the contract's tests.
#pragma once

#include "nanomdm/mdm/message.hpp"
#include "nanomdm/mdm/request.hpp"

#include <string>
#include <vector>

namespace nanomdm::contract {

[[nodiscard]] Enrollment device(const std::string& udid);
/// A user channel of a Mac: ID `UDID:USER`.
[[nodiscard]] Enrollment user_of(const Enrollment& device, const std::string& user_id);

[[nodiscard]] Authenticate authenticate(const Enrollment& device, const std::string& raw = "<authenticate>");
/// Topic, magic and token are made from the enrollment's ID, so that each has its own.
[[nodiscard]] TokenUpdate token_update(const Enrollment& enrollment,
                                       const std::string& raw = "<token update>",
                                       const std::string& unlock_token = "");
[[nodiscard]] CheckOut check_out(const Enrollment& enrollment);
[[nodiscard]] UserAuthenticate user_authenticate(const Enrollment& user, const std::string& raw,
                                                 const std::string& digest_response);
/// @param token empty: forget the one before
[[nodiscard]] SetBootstrapToken set_bootstrap_token(const Enrollment& enrollment, const std::string& token);
[[nodiscard]] CommandReport command_report(const Enrollment& enrollment, const std::string& status,
                                           const std::string& uuid, const std::string& raw);

[[nodiscard]] Command command(const std::string& uuid);
/// "PREFIX1" … "PREFIXcount".
[[nodiscard]] std::vector<Command> commands(const std::string& prefix, int count);
[[nodiscard]] std::vector<std::string> uuids(const std::vector<Command>& commands);
[[nodiscard]] std::vector<EnrollmentId> ids(const std::vector<Enrollment>& enrollments);

/// A certificate hash, a different one for each number.
[[nodiscard]] std::string certificate_hash(unsigned number);
[[nodiscard]] IdentityCertificate certificate(unsigned number);

/// All 256 byte values over and over, beginning with a NUL.
[[nodiscard]] std::string binary_bytes(std::size_t size);
/// The same text `times` times: "é" and the like have more than one byte.
[[nodiscard]] std::string repeated(const std::string& text, int times);

} // namespace nanomdm::contract
