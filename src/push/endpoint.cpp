// URLs are taken apart by libcurl; NO_PROXY is read as curl and Go read it.
#include "push/endpoint.hpp"

#include "encoding/trimmed.hpp"
#include "nanomdm/error.hpp"

#include <utility>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <curl/urlapi.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <memory>

namespace nanomdm::push {
namespace {

namespace ip = boost::asio::ip;

class Url {
public:
    /// @throws Error{Errc::invalid}; the URL may hold a password, so it is not in the text.
    Url(const std::string& url, const char* what) : handle_{curl_url(), &curl_url_cleanup} {
        if (curl_url_set(handle_.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
            throw Error{Errc::invalid, std::string{what} + " is not a URL"};
    }
    [[nodiscard]] std::string part(CURLUPart which, unsigned flags = 0) const {
        char* text = nullptr;
        if (curl_url_get(handle_.get(), which, &text, flags) != CURLUE_OK) return {};
        const std::unique_ptr<char, decltype(&curl_free)> owner{text, &curl_free};
        return text;
    }
    [[nodiscard]] Endpoint endpoint(std::uint16_t default_port) const {
        Endpoint result{part(CURLUPART_HOST), default_port};
        if (result.host.size() > 1 && result.host.front() == '[')
            result.host = result.host.substr(1, result.host.size() - 2);
        const auto port = part(CURLUPART_PORT);
        if (!port.empty()) std::from_chars(port.data(), port.data() + port.size(), result.port);
        return result;
    }

private:
    std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> handle_;
};

std::string lowered(std::string_view text) {
    std::string result{text};
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

/// Removes ":443" from a pattern. @return false when the pattern is for another port.
bool port_matches(std::string_view& pattern, std::uint16_t port) {
    const auto bracket = pattern.rfind(']');
    const auto colon = pattern.rfind(':');
    if (colon == std::string_view::npos) return true;
    if (bracket != std::string_view::npos ? colon < bracket : pattern.find(':') != colon) return true; // IPv6
    unsigned wanted = 0;
    const auto digits = pattern.substr(colon + 1);
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), wanted);
    if (failure != std::errc{} || end != digits.data() + digits.size()) return true;
    pattern = pattern.substr(0, colon);
    return wanted == port;
}

bool in_network(const ip::address& address, const std::string& network) {
    boost::system::error_code failure;
    if (address.is_v4()) {
        const auto range = ip::make_network_v4(network, failure);
        if (failure) return false;
        return ip::network_v4{address.to_v4(), range.prefix_length()}.canonical() == range.canonical();
    }
    const auto range = ip::make_network_v6(network, failure);
    if (failure) return false;
    return ip::network_v6{address.to_v6(), range.prefix_length()}.canonical() == range.canonical();
}

bool exempt(std::string_view pattern, const Endpoint& target) {
    if (pattern == "*") return true;
    if (!port_matches(pattern, target.port)) return false;
    if (pattern.size() > 1 && pattern.front() == '[' && pattern.back() == ']')
        pattern = pattern.substr(1, pattern.size() - 2);
    if (pattern.empty()) return false;
    boost::system::error_code not_an_address;
    const auto address = ip::make_address(target.host, not_an_address);
    if (!not_an_address) {
        if (pattern.find('/') != std::string_view::npos) return in_network(address, std::string{pattern});
        boost::system::error_code failure;
        return ip::make_address(std::string{pattern}, failure) == address && !failure;
    }
    const auto host = lowered(target.host);
    auto suffix = lowered(pattern);
    if (suffix.front() == '*') suffix.erase(0, 1);
    if (!suffix.empty() && suffix.front() == '.') suffix.erase(0, 1);
    if (suffix.empty() || !host.ends_with(suffix)) return false;
    return host.size() == suffix.size() || host[host.size() - suffix.size() - 1] == '.';
}

std::string environment(const char* upper, const char* lower) {
    const char* value = std::getenv(upper);
    if (value == nullptr || *value == '\0') value = std::getenv(lower);
    return value == nullptr ? std::string{} : std::string{value};
}

} // namespace

std::string Endpoint::bracketed_host() const {
    return host.find(':') == std::string::npos ? host : '[' + host + ']';
}
std::string Endpoint::str() const { return bracketed_host() + ':' + std::to_string(port); }
std::string Endpoint::authority() const { return port == 443 ? bracketed_host() : str(); }

ProxySettings ProxySettings::from_environment() {
    return {environment("HTTPS_PROXY", "https_proxy"), environment("NO_PROXY", "no_proxy")};
}

Endpoint parse_apns_url(const std::string& url) {
    const Url parts{url, "the APNs URL"};
    if (parts.part(CURLUPART_SCHEME) != "https")
        throw Error{Errc::invalid, "the APNs URL must start with https://"};
    const auto path = parts.part(CURLUPART_PATH);
    if (!(path.empty() || path == "/") || !parts.part(CURLUPART_QUERY).empty() ||
        !parts.part(CURLUPART_USER).empty())
        throw Error{Errc::invalid, "the APNs URL takes a host and a port only"};
    return parts.endpoint(443);
}

std::optional<Proxy> proxy_for(const Endpoint& target, const ProxySettings& settings) {
    if (settings.https_proxy.empty()) return std::nullopt;
    for (std::string_view rest = settings.no_proxy; !rest.empty();) {
        const auto comma = std::min(rest.find(','), rest.size());
        if (exempt(trimmed(rest.substr(0, comma)), target)) return std::nullopt;
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    auto text = settings.https_proxy;
    if (text.find("://") == std::string::npos) text.insert(0, "http://");
    const Url parts{text, "HTTPS_PROXY"};
    if (parts.part(CURLUPART_SCHEME) != "http")
        throw Error{Errc::invalid, "HTTPS_PROXY must name an http:// proxy"};
    Proxy proxy{parts.endpoint(80), {}};
    const auto user = parts.part(CURLUPART_USER, CURLU_URLDECODE);
    if (!user.empty()) proxy.credentials = user + ':' + parts.part(CURLUPART_PASSWORD, CURLU_URLDECODE);
    return proxy;
}

} // namespace nanomdm::push
