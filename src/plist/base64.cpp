// Checks base64 before libplist decodes it (which skips what it does not know).
#include "plist/base64.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace nanomdm::plist {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum Class : std::uint8_t { other, digit, space, padding };

constexpr std::array<std::uint8_t, 256> classes = [] {
    std::array<std::uint8_t, 256> table{};
    for (const char c : alphabet) table[static_cast<unsigned char>(c)] = digit;
    for (const char c : std::string_view{" \t\r\n"}) table[static_cast<unsigned char>(c)] = space;
    table['='] = padding;
    return table;
}();

} // namespace

bool is_base64(std::string_view text) noexcept {
    std::size_t digits = 0;
    std::size_t paddings = 0;
    for (const char c : text) {
        const auto kind = classes[static_cast<unsigned char>(c)];
        if (kind == digit && paddings == 0) {
            ++digits;
        } else if (kind == padding) {
            ++paddings;
        } else if (kind != space) {
            return false;
        }
    }
    return paddings <= 2 && (digits + paddings) % 4 == 0;
}

} // namespace nanomdm::plist
