#include "migrate/micromdm/udid.hpp"

#include <algorithm>

namespace nanomdm::migrate::micromdm {
namespace {

/// @param shape `X`: an uppercase hex digit, `x`: a lowercase one, anything else: itself
bool has_shape(std::string_view text, std::string_view shape) noexcept {
    constexpr std::string_view upper = "0123456789ABCDEF", lower = "0123456789abcdef";
    return std::ranges::equal(text, shape, [&](char c, char wanted) {
        if (wanted == 'X') return upper.find(c) != std::string_view::npos;
        if (wanted == 'x') return lower.find(c) != std::string_view::npos;
        return c == wanted;
    });
}

} // namespace

bool has_shape_of_udid(std::string_view text) noexcept {
    return has_shape(text, "XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX") ||
           has_shape(text, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx") ||
           has_shape(text, "XXXXXXXX-XXXXXXXXXXXXXXXX");
}

} // namespace nanomdm::migrate::micromdm
