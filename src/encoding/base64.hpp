// Base64 of RFC 4648 section 4: the alphabet of Mdm-Signature, Client-Cert and the webhook.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nanomdm {

/// With padding, without line breaks.
[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// The same at the end of a text.
void append_base64(std::string& text, std::string_view bytes);

/// Takes the standard alphabet with its padding and nothing else: no whitespace, no URL alphabet. Unused
/// bits of the last character are not looked at, as in Go's decoder, whose senders exist.
/// @return nullopt for any other text.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

} // namespace nanomdm
