// What the other server is told, and what its answers become.
#include "asked.hpp"

#include <gtest/gtest.h>

#include <future>

namespace nanomdm::http {
namespace {

using namespace test;
using namespace std::chrono_literals;
using Mishap = UpstreamReply::Mishap;

class UpstreamServerTest : public testing::Test {
protected:
    UpstreamServer server(UpstreamKeys keys = {}) {
        return {client, UrlPrefix{upstream.url() + "/dm/"}, std::move(keys), places};
    }
    static std::string ask(UpstreamServer& server, std::string_view reference = "tokens",
                           std::string_view json = "") {
        return outcome([&] { return server.ask(request(), user_channel(), reference, json); });
    }

    Upstream upstream;
    HttpClient client{{.total_time = 10s}};
    Places places{4};
};

TEST_F(UpstreamServerTest, SaysWhoAsksForWhat) {
    auto server = this->server();
    EXPECT_EQ(ask(server, "declaration/asset/a b"), "200 ");
    const auto seen = upstream.requests().at(0);
    EXPECT_EQ(seen.method, "GET");
    EXPECT_EQ(seen.target, "/dm/declaration/asset/a%20b");
    EXPECT_EQ(seen.header("x-enrollment-id"), "UDID-1:jo@example.org");
    EXPECT_EQ(seen.header("x-enrollment-type"), "Shared iPad");
    EXPECT_EQ(seen.header("x-enrollment-parentid"), "UDID-1");
    EXPECT_EQ(seen.header("x-trace-id"), "0123456789abcdef");
    EXPECT_EQ(seen.header("content-type"), std::nullopt);
    EXPECT_EQ(seen.header("x-hmac-signature"), std::nullopt);
}

TEST_F(UpstreamServerTest, ADeviceHasNoParent) {
    auto server = this->server();
    (void)server.ask(request(), {EnrollmentId{"UDID-1"}, EnrollmentType::device, {}}, "tokens", "");
    EXPECT_EQ(upstream.requests().at(0).header("x-enrollment-parentid"), std::nullopt);
    EXPECT_EQ(upstream.requests().at(0).header("x-enrollment-type"), "Device");
}

TEST_F(UpstreamServerTest, PutsWhatThereIsToSay) {
    auto server = this->server();
    EXPECT_EQ(ask(server, "status", R"({"a":1})"), "200 ");
    const auto seen = upstream.requests().at(0);
    EXPECT_EQ(seen.method, "PUT");
    EXPECT_EQ(seen.header("content-type"), "application/json");
    EXPECT_EQ(seen.body, R"({"a":1})");
}

TEST_F(UpstreamServerTest, SignsWhatItSendsEvenNothing) {
    auto server = this->server({.send = "key", .receive = ""});
    EXPECT_EQ(ask(server, "status", "{}"), "200 ");
    EXPECT_EQ(ask(server), "200 ");
    EXPECT_EQ(upstream.requests().at(0).header("x-hmac-signature"), hmac_signature("key", "{}"));
    EXPECT_EQ(upstream.requests().at(1).header("x-hmac-signature"), hmac_signature("key", ""));
}

TEST_F(UpstreamServerTest, StatusesBecomeWhatADeviceCanTake) {
    auto server = this->server();
    const auto with_status = [&](int status) {
        upstream.answer({.status = status, .body = "{}"});
        return ask(server);
    };
    for (const int status : {200, 201, 202}) EXPECT_EQ(with_status(status), "200 {}") << status;
    for (const int status : {400, 403, 404, 409, 410, 429, 499})
        EXPECT_EQ(with_status(status), std::to_string(status));
    for (const int status : {301, 302, 307, 401, 500, 502, 503, 599})
        EXPECT_EQ(with_status(status), "failed") << status;
}

TEST_F(UpstreamServerTest, TakesOnlyAnswersSignedWithTheKey) {
    auto server = this->server({.send = "", .receive = "key"});
    const std::string body = "{\"a\":1}";
    const auto with = [&](std::vector<std::pair<std::string, std::string>> headers, int status = 200) {
        upstream.answer({.status = status, .body = body, .headers = std::move(headers)});
        return ask(server);
    };
    const auto right = hmac_signature("key", body);
    EXPECT_EQ(with({{"X-Hmac-Signature", right}}), "200 " + body);
    EXPECT_EQ(with({{"x-hmac-signature", right}}, 404), "404");
    for (const auto& wrong : {hmac_signature("other", body), hmac_signature("key", body + " "),
                              right.substr(1), right + "=", std::string{}, std::string{"not base64!"}})
        EXPECT_EQ(with({{"X-Hmac-Signature", wrong}}), "failed") << wrong;
    EXPECT_EQ(with({}), "failed");
    EXPECT_EQ(with({}, 404), "failed") << "an unsigned refusal could be anybody's";
}

TEST_F(UpstreamServerTest, NoAnswerIsAFailure) {
    auto server = this->server();
    for (const auto mishap : {Mishap::cut, Mishap::cut_midway, Mishap::garbage}) {
        upstream.answer({.body = "half of it", .mishap = mishap});
        EXPECT_EQ(ask(server), "failed");
    }
    upstream.go_down();
    EXPECT_EQ(ask(server), "failed");
}

TEST_F(UpstreamServerTest, AnEndpointThatLeadsAwayIsNotAsked) {
    auto server = this->server();
    for (const char* reference : {"../x", "http://127.0.0.1/", "//127.0.0.1/x", "%2e%2e/x"})
        EXPECT_EQ(ask(server, reference), "invalid") << reference;
    EXPECT_EQ(upstream.count(), 0U);
}

TEST_F(UpstreamServerTest, MoreThanThereArePlacesForAreTurnedAwayAtOnce) {
    auto server = this->server();
    upstream.answer({.mishap = Mishap::hang});
    std::vector<std::future<std::string>> waiting;
    for (int i = 0; i < 4; ++i)
        waiting.push_back(std::async(std::launch::async, [&] { return ask(server); }));
    ASSERT_TRUE(upstream.wait_for(4));
    EXPECT_EQ(ask(server), "unavailable");
    upstream.release();
    for (auto& one : waiting) EXPECT_EQ(one.get(), "200 ");
    EXPECT_EQ(ask(server), "200 ") << "a place was not given back";
}

TEST_F(UpstreamServerTest, FailuresGiveTheirPlacesBack) {
    auto server = this->server();
    upstream.answer({.mishap = Mishap::cut});
    for (int i = 0; i < 10; ++i) EXPECT_EQ(ask(server), "failed");
    upstream.answer(UpstreamReply{});
    EXPECT_EQ(ask(server), "200 ");
}

} // namespace
} // namespace nanomdm::http
