// The fixed list, and the one of each message.
#include "http/hop_by_hop.hpp"

#include "encoding/trimmed.hpp"

#include <algorithm>
#include <array>

namespace nanomdm::http {
namespace {

constexpr std::array<std::string_view, 11> fixed{
    "Connection",          "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate",
    "Proxy-Authorization", "TE",         "Trailer",          "Content-Length",
    "Transfer-Encoding",   "Upgrade",    "HTTP2-Settings"};

} // namespace

HopByHop::HopByHop(const Headers& headers) {
    for (const auto& [name, value] : headers) {
        if (!equal_ignoring_case(name, "Connection")) continue;
        for (std::string_view rest{value}; !rest.empty();) {
            const auto comma = std::min(rest.find(','), rest.size());
            if (const auto option = trimmed(rest.substr(0, comma)); !option.empty()) named_.push_back(option);
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
}

bool HopByHop::contains(std::string_view name) const noexcept {
    const auto is_name = [name](std::string_view other) { return equal_ignoring_case(name, other); };
    return std::ranges::any_of(fixed, is_name) || std::ranges::any_of(named_, is_name);
}

Headers end_to_end(const Headers& headers) {
    const HopByHop dropped{headers};
    Headers kept;
    for (const auto& [name, value] : headers) {
        if (!dropped.contains(name)) kept.add(name, value);
    }
    return kept;
}

} // namespace nanomdm::http
