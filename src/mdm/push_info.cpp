// Push tokens: raw bytes inside, hexadecimal towards APNs and databases.
#include "nanomdm/mdm/push_info.hpp"

namespace nanomdm {
namespace {

constexpr std::size_t longest_token = 127;

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    throw Error{Errc::invalid, "push token is not hexadecimal"};
}

} // namespace

PushToken::PushToken(std::string bytes) : bytes_{std::move(bytes)} {
    if (bytes_.empty()) throw Error{Errc::invalid, "Token is empty"};
    if (bytes_.size() > longest_token) throw Error{Errc::invalid, "Token is too long"};
}

PushToken PushToken::from_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) throw Error{Errc::invalid, "push token has an odd number of digits"};
    std::string bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2)
        bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
    return PushToken{std::move(bytes)};
}

std::string PushToken::hex() const {
    static constexpr char digits[] = "0123456789abcdef";
    std::string hex;
    hex.reserve(bytes_.size() * 2);
    for (const char c : bytes_) {
        hex += digits[static_cast<unsigned char>(c) >> 4];
        hex += digits[static_cast<unsigned char>(c) & 15];
    }
    return hex;
}

} // namespace nanomdm
