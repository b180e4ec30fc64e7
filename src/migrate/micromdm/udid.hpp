// What UDIDs look like.
#pragma once

#include <string_view>

namespace nanomdm::migrate::micromdm {

/// A Mac's or simulator's UUID in upper case, 40 lowercase hex digits of older iPhones and iPads, or
/// "00008030-001C2D8E0A83802E" of newer ones.
[[nodiscard]] bool has_shape_of_udid(std::string_view text) noexcept;

} // namespace nanomdm::migrate::micromdm
