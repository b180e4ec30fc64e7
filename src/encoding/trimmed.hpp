// Text without what surrounds it.
#pragma once

#include <string_view>

namespace nanomdm {

inline constexpr std::string_view blanks = " \t";
inline constexpr std::string_view blanks_and_line_ends = " \t\r\n";

/// @param around each of its characters is taken off both ends. @return a view into `text`
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text,
                                                 std::string_view around = blanks) noexcept {
    const auto first = text.find_first_not_of(around);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(around) - first + 1);
}

} // namespace nanomdm
