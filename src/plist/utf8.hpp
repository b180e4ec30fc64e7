// UTF-8 as it must be before anything else trusts it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nanomdm::plist {

/// Whether `text` is well-formed (RFC 3629) and holds no NUL.
[[nodiscard]] bool is_clean_utf8(std::string_view text) noexcept;

/// Appends one code point. @return false for NUL, surrogates and what is over U+10FFFF.
bool append_utf8(std::string& to, std::uint32_t code_point);

} // namespace nanomdm::plist
