// Where APNs is and the way there: the URL's host and port, and the proxy that HTTPS_PROXY and NO_PROXY ask
// for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nanomdm::push {

struct Endpoint {
    std::string host; ///< name or address, an IPv6 one without brackets
    std::uint16_t port = 443;

    /// "host:port", an IPv6 address in brackets.
    [[nodiscard]] std::string str() const;
    /// For `:authority`: the same without the port when that is 443.
    [[nodiscard]] std::string authority() const;
    [[nodiscard]] std::string bracketed_host() const;
};

/// An HTTP proxy spoken to in plain text, asked for a tunnel by CONNECT.
struct Proxy {
    Endpoint endpoint;
    std::string credentials; ///< "user:password", decoded; empty: none
};

struct ProxySettings {
    std::string https_proxy; ///< "http://[user:password@]host:port"; empty: none
    std::string no_proxy; ///< comma-separated: `*`, host, .suffix, address, CIDR, each with :port if wanted

    /// HTTPS_PROXY and NO_PROXY, or their lower-case names. Call before threads start.
    [[nodiscard]] static ProxySettings from_environment();
};

/// @throws Error{Errc::invalid} unless it is `https://host[:port]` with no more than a `/` behind.
[[nodiscard]] Endpoint parse_apns_url(const std::string& url);

/// @return nullopt when the way is direct.
/// @throws Error{Errc::invalid} when the proxy's URL cannot be read or is not http://.
[[nodiscard]] std::optional<Proxy> proxy_for(const Endpoint& target, const ProxySettings& settings);

} // namespace nanomdm::push
