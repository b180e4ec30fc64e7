// Parsing of trusted networks and the walk along X-Forwarded-For.
#include "http/client_address.hpp"

#include "encoding/trimmed.hpp"
#include "nanomdm/error.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace nanomdm::http {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

std::optional<Bytes> parse_address(std::string_view text) noexcept {
    char buffer[INET6_ADDRSTRLEN];
    if (text.empty() || text.size() >= sizeof buffer) return std::nullopt;
    std::memcpy(buffer, text.data(), text.size());
    buffer[text.size()] = '\0';
    Bytes bytes{};
    if (inet_pton(AF_INET, buffer, bytes.data() + 12) == 1) {
        bytes[10] = bytes[11] = 0xff;
        return bytes;
    }
    if (inet_pton(AF_INET6, buffer, bytes.data()) == 1) return bytes;
    return std::nullopt;
}

bool is_mapped_ipv4(std::string_view text) noexcept { return text.find(':') == std::string_view::npos; }

bool covers(const Bytes& network, unsigned prefix, const Bytes& address) noexcept {
    const unsigned whole = prefix / 8;
    if (!std::equal(network.begin(), network.begin() + whole, address.begin())) return false;
    const unsigned rest = prefix % 8;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xff00u >> rest);
    return (network[whole] & mask) == (address[whole] & mask);
}

/// Some proxies write `1.2.3.4:567` or `[v6]:567`.
std::string_view without_port(std::string_view text) noexcept {
    if (text.starts_with('[')) return text.substr(1, std::min(text.find(']'), text.size()) - 1);
    const auto colon = text.find(':');
    if (colon != std::string_view::npos && colon == text.rfind(':')) return text.substr(0, colon);
    return text;
}

} // namespace

TrustedProxies::TrustedProxies(const std::vector<std::string>& networks) {
    for (const auto& network : networks) {
        const std::string_view text = network;
        if (text == "unix") {
            unix_ = true;
            continue;
        }
        const auto slash = text.find('/');
        const auto address = parse_address(text.substr(0, slash));
        const unsigned bits = is_mapped_ipv4(text.substr(0, slash)) ? 32 : 128;
        unsigned prefix = bits;
        bool valid = address.has_value();
        if (valid && slash != std::string_view::npos) {
            const auto digits = text.substr(slash + 1);
            const auto end = digits.data() + digits.size();
            const auto parsed = std::from_chars(digits.data(), end, prefix);
            valid = parsed.ec == std::errc{} && parsed.ptr == end && prefix <= bits;
        }
        if (!valid) throw Error{Errc::invalid, "not a network in CIDR notation: " + network};
        networks_.push_back({*address, prefix + (128 - bits)});
    }
}

bool TrustedProxies::contains(std::string_view address) const noexcept {
    if (address == "unix") return unix_;
    if (networks_.empty()) return false;
    const auto bytes = parse_address(address);
    return bytes && std::any_of(networks_.begin(), networks_.end(), [&bytes](const Network& network) {
               return covers(network.bytes, network.prefix, *bytes);
           });
}

std::string TrustedProxies::client_of(std::string_view peer, const Headers& headers) const {
    std::string client{peer};
    if (!contains(peer)) return client;
    std::vector<std::string_view> hops;
    for (const auto& [name, value] : headers) {
        if (!equal_ignoring_case(name, "X-Forwarded-For")) continue;
        std::string_view list = value;
        while (!list.empty()) {
            const auto comma = std::min(list.find(','), list.size());
            hops.push_back(without_port(trimmed(list.substr(0, comma))));
            list.remove_prefix(std::min(comma + 1, list.size()));
        }
    }
    for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
        if (!parse_address(*hop)) break;
        client = *hop;
        if (!contains(client)) break;
    }
    return client;
}

} // namespace nanomdm::http
