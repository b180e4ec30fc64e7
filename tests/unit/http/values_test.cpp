// Headers, decoding, routing, statuses and keys: what needs no socket.
#include "http/auth.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "http/status.hpp"
#include "nanomdm/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::http {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(Headers, AreFoundWithoutCaseAndFirstWins) {
    Headers headers;
    headers.add("Content-Type", "a");
    headers.add("content-type", "b");
    EXPECT_EQ(headers.get("CONTENT-TYPE"), "a");
    EXPECT_EQ(headers.get("Content"), std::nullopt);
}

TEST(PercentDecode, TakesEscapesAndRefusesBrokenOnes) {
    EXPECT_EQ(percent_decode("a%2Fb%c3%a9+c"), "a/b\xc3\xa9+c");
    EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
    EXPECT_EQ(percent_decode(""), "");
    for (const char* broken : {"%", "%4", "a%4", "%g0", "%0g", "% 1"})
        EXPECT_EQ(percent_decode(broken), std::nullopt) << broken;
}

TEST(ParseQuery, KeepsOrderAndRepetitionsAndLeavesBrokenOnesOut) {
    EXPECT_THAT(parse_query("a=1&b=x+y%26z&a=2&flag&=v&&bad=%zz&c=d=e"),
                ElementsAre(Pair("a", "1"), Pair("b", "x y&z"), Pair("a", "2"), Pair("flag", ""),
                            Pair("", "v"), Pair("c", "d=e")));
    EXPECT_TRUE(parse_query("").empty());
}

HttpResponse nothing(HttpRequest&) { return {}; }

TEST(Router, LongestMatchWinsAndPrefixesEndWithASlash) {
    Router router;
    router.add({.path = "/v1/", .methods = {}, .handler = nothing});
    router.add({.path = "/v1/push/", .methods = {}, .handler = nothing});
    router.add({.path = "/v1/push", .methods = {"POST"}, .handler = nothing});
    const auto path = [&](std::string_view asked) {
        const auto match = router.match("POST", asked);
        return match.route != nullptr ? match.route->path : "none";
    };
    EXPECT_EQ(path("/v1/push"), "/v1/push");
    EXPECT_EQ(path("/v1/push/"), "/v1/push/");
    EXPECT_EQ(path("/v1/push/a,b"), "/v1/push/");
    EXPECT_EQ(path("/v1/pushx"), "/v1/");
    EXPECT_EQ(path("/v1"), "none");
    EXPECT_EQ(path(""), "none");
}

TEST(Router, RoutesOfOnePathShareItByMethod) {
    Router router;
    router.add({.path = "/v1/pushcert", .methods = {"PUT"}, .lane = Lane::upstream, .handler = nothing});
    router.add({.path = "/v1/pushcert", .methods = {"GET"}, .handler = nothing});
    router.add({.path = "/v1/", .methods = {}, .handler = nothing});
    EXPECT_EQ(router.match("GET", "/v1/pushcert").route->lane, Lane::worker);
    EXPECT_EQ(router.match("PUT", "/v1/pushcert").route->lane, Lane::upstream);
    EXPECT_TRUE(router.match("HEAD", "/v1/pushcert").method_allowed);
    EXPECT_FALSE(router.match("DELETE", "/v1/pushcert").method_allowed);
    EXPECT_EQ(router.allow("/v1/pushcert"), "PUT, GET, HEAD");
}

TEST(Status, EveryErrorHasOne) {
    EXPECT_EQ(status_of(Errc::invalid), 400u);
    EXPECT_EQ(status_of(Errc::forbidden), 403u);
    EXPECT_EQ(status_of(Errc::not_found), 404u);
    EXPECT_EQ(status_of(Errc::conflict), 409u);
    EXPECT_EQ(status_of(Errc::too_large), 413u);
    EXPECT_EQ(status_of(Errc::unavailable), 503u);
    EXPECT_EQ(status_of(Errc::upstream_failed), 502u);
    EXPECT_EQ(status_of(Errc::not_configured), 500u);
    EXPECT_EQ(status_of(Errc::corrupt), 500u);
    EXPECT_EQ(status_of(Errc::internal), 500u);
}

HttpRequest with_authorization(std::string value) {
    HttpRequest request;
    request.headers.add("Authorization", std::move(value));
    return request;
}

TEST(BasicAuth, TakesAnyOfItsKeysAndNothingElse) {
    const BasicAuth auth{"nanomdm", {"one", "two:with colon"}};
    EXPECT_TRUE(auth.allows(with_authorization("Basic bmFub21kbTpvbmU=")));                 // nanomdm:one
    EXPECT_TRUE(auth.allows(with_authorization("bAsIc bmFub21kbTpvbmU=")));                 // the same
    EXPECT_TRUE(auth.allows(with_authorization("Basic bmFub21kbTp0d286d2l0aCBjb2xvbg=="))); // the other
    for (const char* wrong : {"", "Basic", "Basic ", "bmFub21kbTpvbmU=", "Basic bmFub21kbTpvbmU",
                              "Basic bmFub21kbTo=" /* nanomdm: */, "Basic b3RoZXI6b25l" /* other:one */,
                              "Bearer bmFub21kbTpvbmU=", "Basic !!!!", "Basic bmFub21kbTpvbmUx" /* one1 */})
        EXPECT_FALSE(auth.allows(with_authorization(wrong))) << wrong;
    EXPECT_FALSE(auth.allows(HttpRequest{}));
}

TEST(BasicAuth, TakesReplacedKeysFromTheNextRequestOn) {
    BasicAuth auth{"nanomdm", {"one"}};
    const auto admission = auth.admission();
    const auto request = with_authorization("Basic bmFub21kbTpvbmU=");
    EXPECT_EQ(admission(request), std::nullopt);
    auth.replace_keys({"other"});
    const auto refused = admission(request);
    ASSERT_TRUE(refused.has_value());
    EXPECT_EQ(refused->status, 401u);
    EXPECT_EQ(refused->headers.get("WWW-Authenticate"), "Basic realm=\"nanomdm\"");
}

TEST(BasicAuth, RefusesAnEmptyKeyAndWithoutKeysEverybody) {
    EXPECT_THROW((BasicAuth{"nanomdm", {""}}), Error);
    EXPECT_FALSE((BasicAuth{"nanomdm", {}}.allows(with_authorization("Basic bmFub21kbTo="))));
}

} // namespace
} // namespace nanomdm::http
