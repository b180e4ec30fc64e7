// Base64 as <data> holds it (RFC 4648 section 4, with white space between).
#pragma once

#include <string_view>

namespace nanomdm::plist {

/// Whether `text` is padded base64 with nothing but white space in between.
[[nodiscard]] bool is_base64(std::string_view text) noexcept;

} // namespace nanomdm::plist
