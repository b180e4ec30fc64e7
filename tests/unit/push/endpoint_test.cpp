// APNs URLs, HTTPS_PROXY and NO_PROXY.
#include "push/endpoint.hpp"

#include "nanomdm/error.hpp"

#include <gtest/gtest.h>

namespace nanomdm::push {
namespace {

bool direct(const std::string& host, const std::string& no_proxy, std::uint16_t port = 443) {
    return !proxy_for({host, port}, {"http://proxy:3128", no_proxy});
}

TEST(Endpoint, TheUrlGivesHostAndPort) {
    EXPECT_EQ(parse_apns_url("https://api.push.apple.com").str(), "api.push.apple.com:443");
    EXPECT_EQ(parse_apns_url("https://api.push.apple.com:2197/").str(), "api.push.apple.com:2197");
    EXPECT_EQ(parse_apns_url("https://[::1]:2197").host, "::1");
    EXPECT_EQ(parse_apns_url("https://[::1]:2197").str(), "[::1]:2197");
}

TEST(Endpoint, TheAuthorityNamesThePortOnlyWhenItIsUnusual) {
    EXPECT_EQ(parse_apns_url("https://api.push.apple.com").authority(), "api.push.apple.com");
    EXPECT_EQ(parse_apns_url("https://api.push.apple.com:2197").authority(), "api.push.apple.com:2197");
    EXPECT_EQ(parse_apns_url("https://[::1]").authority(), "[::1]");
}

TEST(Endpoint, OtherUrlsAreRefused) {
    for (const char* url : {"http://api.push.apple.com", "api.push.apple.com", "https://a/path",
                            "https://a?b", "https://user@a", "https://", "", "https://a:99999"})
        EXPECT_THROW((void)parse_apns_url(url), Error) << url;
}

TEST(Endpoint, NoProxySettingIsTheDirectWay) { EXPECT_FALSE(proxy_for({"api.push.apple.com", 443}, {})); }

TEST(Endpoint, TheProxysUrlGivesAddressAndCredentials) {
    const auto proxy = proxy_for({"a", 443}, {"http://us%65r:p%3Aw@proxy.example:3128", ""});
    ASSERT_TRUE(proxy);
    EXPECT_EQ(proxy->endpoint.str(), "proxy.example:3128");
    EXPECT_EQ(proxy->credentials, "user:p:w");
    EXPECT_EQ(proxy_for({"a", 443}, {"proxy.example:8080", ""})->endpoint.str(), "proxy.example:8080");
    EXPECT_EQ(proxy_for({"a", 443}, {"http://proxy.example", ""})->endpoint.port, 80);
    EXPECT_EQ(proxy_for({"a", 443}, {"http://proxy.example", ""})->credentials, "");
}

TEST(Endpoint, OtherProxiesAreRefusedWithoutNamingTheirPassword) {
    for (const char* url :
         {"https://user:secret@proxy", "socks5://user:secret@proxy", "http://user:secret@:99999"}) {
        try {
            (void)proxy_for({"a", 443}, {url, ""});
            FAIL() << url;
        } catch (const Error& error) {
            EXPECT_EQ(std::string{error.what()}.find("secret"), std::string::npos) << error.what();
        }
    }
}

TEST(Endpoint, NoProxyTakesNamesAndTheirSubdomains) {
    EXPECT_TRUE(direct("api.push.apple.com", "apple.com"));
    EXPECT_TRUE(direct("api.push.apple.com", " x , .Apple.COM "));
    EXPECT_TRUE(direct("api.push.apple.com", "*.apple.com"));
    EXPECT_TRUE(direct("API.push.apple.com", "api.push.apple.com"));
    EXPECT_TRUE(direct("anything", "*"));
    EXPECT_FALSE(direct("api.push.apple.com", "ple.com"));
    EXPECT_FALSE(direct("apple.com.evil", "apple.com"));
    EXPECT_FALSE(direct("api.push.apple.com", "example.com,,"));
}

TEST(Endpoint, NoProxyTakesPorts) {
    EXPECT_TRUE(direct("apple.com", "apple.com:2197", 2197));
    EXPECT_FALSE(direct("apple.com", "apple.com:2197", 443));
    EXPECT_TRUE(direct("::1", "[::1]:443"));
    EXPECT_FALSE(direct("::1", "[::1]:444"));
}

TEST(Endpoint, NoProxyTakesAddressesAndNetworks) {
    EXPECT_TRUE(direct("10.1.2.3", "10.1.2.3"));
    EXPECT_TRUE(direct("10.1.2.3", "10.0.0.0/8"));
    EXPECT_FALSE(direct("11.1.2.3", "10.0.0.0/8"));
    EXPECT_TRUE(direct("fd00::7", "fd00::/8"));
    EXPECT_TRUE(direct("fd00::7", "FD00:0::7"));
    EXPECT_FALSE(direct("fe00::7", "fd00::/8"));
    EXPECT_FALSE(direct("10.1.2.3", "2.3"));
    EXPECT_FALSE(direct("10.1.2.3", "fd00::/8"));
    EXPECT_FALSE(direct("apple.com", "10.0.0.0/8"));
}

} // namespace
} // namespace nanomdm::push
