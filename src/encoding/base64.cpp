// Base64 by table, four characters at a time; an Mdm-Signature is about 2.5 kB on every request.
#include "encoding/base64.hpp"

#include <array>
#include <cstdint>

namespace nanomdm {
namespace {

constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t not_in_alphabet = 0x80000000;

using Values = std::array<std::uint32_t, 256>;

/// Each character's six bits, shifted to their place in a group of four characters.
constexpr Values values_shifted_by(unsigned bits) {
    Values values{};
    values.fill(not_in_alphabet);
    for (std::uint32_t i = 0; i < 64; ++i) values[static_cast<unsigned char>(alphabet[i])] = i << bits;
    return values;
}

constexpr Values first = values_shifted_by(18);
constexpr Values second = values_shifted_by(12);
constexpr Values third = values_shifted_by(6);
constexpr Values fourth = values_shifted_by(0);

std::uint32_t byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

} // namespace

std::string base64_encode(std::string_view bytes) {
    std::string text;
    append_base64(text, bytes);
    return text;
}

void append_base64(std::string& text, std::string_view bytes) {
    const auto begin = text.size();
    text.resize(begin + (bytes.size() + 2) / 3 * 4);
    char* out = text.data() + begin;
    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3) {
        const auto group = byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = alphabet[group >> 6 & 63];
        *out++ = alphabet[group & 63];
    }
    const std::size_t left = bytes.size() - i;
    if (left == 0) return;
    const auto group = byte_at(bytes, i) << 16 | (left == 2 ? byte_at(bytes, i + 1) << 8 : 0U);
    *out++ = alphabet[group >> 18];
    *out++ = alphabet[group >> 12 & 63];
    *out++ = left == 2 ? alphabet[group >> 6 & 63] : '=';
    *out = '=';
}

std::optional<std::string> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    if (text.empty()) return std::string{};
    std::size_t padding = 0;
    if (text.back() == '=') padding = text[text.size() - 2] == '=' ? 2 : 1;

    std::string bytes(text.size() / 4 * 3 - padding, '\0');
    char* out = bytes.data();
    std::uint32_t seen = 0; // collects not_in_alphabet, so that the loop has no branch on it
    const std::size_t whole = text.size() - (padding == 0 ? 0 : 4);
    for (std::size_t i = 0; i < whole; i += 4) {
        const auto group = first[byte_at(text, i)] | second[byte_at(text, i + 1)] |
                           third[byte_at(text, i + 2)] | fourth[byte_at(text, i + 3)];
        seen |= group;
        *out++ = static_cast<char>(group >> 16 & 255);
        *out++ = static_cast<char>(group >> 8 & 255);
        *out++ = static_cast<char>(group & 255);
    }
    if (padding != 0) {
        const auto group = first[byte_at(text, whole)] | second[byte_at(text, whole + 1)] |
                           (padding == 1 ? third[byte_at(text, whole + 2)] : 0U);
        seen |= group;
        *out++ = static_cast<char>(group >> 16 & 255);
        if (padding == 1) *out++ = static_cast<char>(group >> 8 & 255);
    }
    if ((seen & not_in_alphabet) != 0) return std::nullopt;
    return bytes;
}

} // namespace nanomdm
