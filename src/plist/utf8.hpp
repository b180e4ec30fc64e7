// Unicode as it must be before anything else trusts it: UTF-8, and the UTF-16 of binary lists.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nanomdm::plist {

/// Whether `text` is well-formed (RFC 3629) and holds no NUL.
[[nodiscard]] bool is_clean_utf8(std::string_view text) noexcept;

/// Appends one code point. @return false for NUL, surrogates and what is over U+10FFFF.
bool append_utf8(std::string& to, std::uint32_t code_point);

/// Whether `bytes` is big-endian UTF-16 with its surrogates paired and no NUL.
[[nodiscard]] bool is_clean_utf16(std::string_view bytes) noexcept;

/// @param bytes for which is_clean_utf16 holds.
[[nodiscard]] std::string utf16_to_utf8(std::string_view bytes);

} // namespace nanomdm::plist
