// Bytes as hexadecimal digits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nanomdm {

/// Two lowercase digits a byte.
[[nodiscard]] std::string to_hex(std::string_view bytes);

/// @param digits in either case. @return nullopt for an odd number of digits or anything else.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view digits);

} // namespace nanomdm
