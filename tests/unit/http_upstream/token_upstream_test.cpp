// Tokens from another server.
#include "asked.hpp"

#include "http/upstream/token_upstream.hpp"

#include <gtest/gtest.h>

namespace nanomdm::http {
namespace {

using namespace test;

class TokenUpstreamTest : public testing::Test {
protected:
    std::string ask(const std::string& type, std::map<std::string, std::string> parameters = {}) {
        const GetToken message{{{}, user_channel(), {}}, type, std::move(parameters)};
        return outcome([&] { return tokens.token(request(), message).value_or("(none)"); });
    }

    Upstream upstream;
    HttpClient client;
    Places places{4};
    UpstreamServer server{client, UrlPrefix{upstream.url() + "/tokens/"}, {}, places};
    TokenUpstream tokens{server};
};

TEST_F(TokenUpstreamTest, TheTypeIsThePathAndTheBodyIsTheToken) {
    const std::string token{"\0\xFF token", 8};
    upstream.answer({.body = token});
    EXPECT_EQ(ask("com.apple.maid"), "200 " + token);
    EXPECT_EQ(upstream.requests().at(0).method, "GET");
    EXPECT_EQ(upstream.requests().at(0).target, "/tokens/com.apple.maid");
}

TEST_F(TokenUpstreamTest, ParametersGoAsJson) {
    (void)ask("com.apple.watch.pairing", {{"PhoneUDID", "P\"1"}, {"WatchUDID", "W\xFF"}});
    const auto seen = upstream.requests().at(0);
    EXPECT_EQ(seen.method, "PUT");
    EXPECT_EQ(seen.header("content-type"), "application/json");
    EXPECT_EQ(seen.body, "{\"PhoneUDID\":\"P\\\"1\",\"WatchUDID\":\"W\xEF\xBF\xBD\"}");
}

TEST_F(TokenUpstreamTest, NotFoundIsATypeItDoesNotServe) {
    upstream.answer({.status = 404});
    EXPECT_EQ(ask("com.example.other"), "200 (none)");
    upstream.answer({.status = 403});
    EXPECT_EQ(ask("com.example.other"), "403");
    upstream.answer({.status = 500});
    EXPECT_EQ(ask("com.example.other"), "failed");
}

TEST_F(TokenUpstreamTest, ATypeThatLeadsAwayIsNotAsked) {
    for (const char* type : {"../declarations", "http://evil/", "a?b", "%2e%2e/x"})
        EXPECT_EQ(ask(type), "invalid") << type;
    EXPECT_EQ(upstream.count(), 0U);
}

} // namespace
} // namespace nanomdm::http
