// What a device's messages must say so that another server learns from them all that this one knows.
#pragma once

#include "nanomdm/mdm/enrollment.hpp"

#include <string>

namespace nanomdm::migrate {

/// A device sends its unlock token once; its later TokenUpdates lack it.
/// @param token_update a property list, XML or binary
/// @param unlock_token raw bytes, not empty
/// @return the message as it is when it has an unlock token; else in XML, with this one.
/// @throws Error{Errc::invalid} when the message cannot be decoded.
[[nodiscard]] std::string with_unlock_token(const std::string& token_update, const std::string& unlock_token);

/// The message that escrows a bootstrap token. Apple: SetBootstrapTokenRequest.
/// @param device a device's own channel; @param token raw bytes
[[nodiscard]] std::string set_bootstrap_token_message(const Enrollment& device, const std::string& token);

} // namespace nanomdm::migrate
