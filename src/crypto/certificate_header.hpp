// The certificate that a TLS proxy puts into a header. Internal to crypto/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nanomdm::crypto {

/// RFC 9440 (`:base64 DER:`) when it starts with a colon, else PEM escaped as in a URL query.
/// @return what stands for the certificate's DER, not yet parsed; nullopt when nothing does.
[[nodiscard]] std::optional<std::string> der_from_header(std::string_view value);

} // namespace nanomdm::crypto
