// Push tokens: raw bytes inside, hexadecimal towards APNs and databases.
#include "nanomdm/mdm/push_info.hpp"

#include "encoding/hex.hpp"

namespace nanomdm {
namespace {

constexpr std::size_t longest_token = 127;

} // namespace

PushToken::PushToken(std::string bytes) : bytes_{std::move(bytes)} {
    if (bytes_.empty()) throw Error{Errc::invalid, "Token is empty"};
    if (bytes_.size() > longest_token) throw Error{Errc::invalid, "Token is too long"};
}

PushToken PushToken::from_hex(std::string_view hex) {
    auto bytes = nanomdm::from_hex(hex);
    if (!bytes) throw Error{Errc::invalid, "push token is not hexadecimal"};
    return PushToken{std::move(*bytes)};
}

std::string PushToken::hex() const { return to_hex(bytes_); }

} // namespace nanomdm
