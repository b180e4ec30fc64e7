// The UTF-8 check, eight ASCII bytes at a time where it can.
#include "plist/utf8.hpp"

#include "encoding/utf8.hpp"

#include <cstddef>
#include <cstring>

namespace nanomdm::plist {
namespace {

/// All eight bytes are in 0x01–0x7F.
bool is_plain(std::uint64_t word) noexcept {
    constexpr std::uint64_t high_bits = 0x8080808080808080ULL;
    constexpr std::uint64_t ones = 0x0101010101010101ULL;
    return ((word | (word - ones)) & high_bits) == 0;
}

std::uint32_t unit_at(std::string_view bytes, std::size_t at) noexcept {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                      static_cast<unsigned char>(bytes[at + 1]));
}

bool is_high_surrogate(std::uint32_t unit) noexcept { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(std::uint32_t unit) noexcept { return unit >= 0xDC00 && unit <= 0xDFFF; }

} // namespace

bool is_clean_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        std::uint64_t word = 0;
        if (text.size() >= sizeof word) {
            std::memcpy(&word, text.data(), sizeof word);
            if (is_plain(word)) {
                text.remove_prefix(sizeof word);
                continue;
            }
        }
        const auto length = text.front() == '\0' ? 0 : utf8_sequence_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

bool append_utf8(std::string& to, std::uint32_t code_point) {
    const auto add = [&to](std::uint32_t byte) { to += static_cast<char>(byte); };
    const auto tail = [&](int shift) { add(0x80 | ((code_point >> shift) & 0x3F)); };
    if (code_point == 0 || code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF))
        return false;
    if (code_point < 0x80) {
        add(code_point);
    } else if (code_point < 0x800) {
        add(0xC0 | (code_point >> 6));
        tail(0);
    } else if (code_point < 0x10000) {
        add(0xE0 | (code_point >> 12));
        tail(6);
        tail(0);
    } else {
        add(0xF0 | (code_point >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
    return true;
}

bool is_clean_utf16(std::string_view bytes) noexcept {
    if (bytes.size() % 2 != 0) return false;
    bool low_must_follow = false;
    for (std::size_t at = 0; at < bytes.size(); at += 2) {
        const auto unit = unit_at(bytes, at);
        if (unit == 0 || is_low_surrogate(unit) != low_must_follow) return false;
        low_must_follow = is_high_surrogate(unit);
    }
    return !low_must_follow;
}

std::string utf16_to_utf8(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    for (std::size_t at = 0; at < bytes.size(); at += 2) {
        auto code_point = unit_at(bytes, at);
        if (is_high_surrogate(code_point)) {
            at += 2;
            code_point = 0x10000 + ((code_point - 0xD800) << 10) + (unit_at(bytes, at) - 0xDC00);
        }
        append_utf8(text, code_point);
    }
    return text;
}

} // namespace nanomdm::plist
