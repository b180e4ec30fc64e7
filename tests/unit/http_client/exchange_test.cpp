// What is sent is what arrives, both ways, over connections that are kept.
#include "http/client/http_client.hpp"
#include "support/upstream/upstream.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace nanomdm::http {
namespace {

using nanomdm::test::Upstream;
using nanomdm::test::UpstreamReply;
using nanomdm::test::UpstreamRequest;

Headers headers(std::vector<std::pair<std::string, std::string>> fields) {
    Headers made;
    for (auto& [name, value] : fields) made.add(std::move(name), std::move(value));
    return made;
}

TEST(HttpClientExchange, SendsMethodTargetFieldsAndBody) {
    Upstream upstream;
    HttpClient client;
    const std::string body{"bytes\0 and\r\nlines", 17};
    const auto response = client.send({.method = "PUT",
                                       .url = upstream.url() + "/a/./b/../c%2Fd?q=1",
                                       .headers = headers({{"X-One", "1"}, {"X-Empty", ""}}),
                                       .body = body});
    EXPECT_EQ(response.status, 200U);
    ASSERT_EQ(upstream.count(), 1U);
    const auto seen = upstream.requests()[0];
    EXPECT_EQ(seen.method, "PUT");
    EXPECT_EQ(seen.target, "/a/./b/../c%2Fd?q=1"); // as it is: whoever made the URL has resolved it
    EXPECT_EQ(seen.header("x-one"), "1");
    EXPECT_EQ(seen.header("x-empty"), "");
    EXPECT_EQ(seen.body, body);
}

TEST(HttpClientExchange, MakesUpNoContentTypeAndNoExpect) {
    Upstream upstream;
    HttpClient client;
    (void)client.send({.method = "POST", .url = upstream.url(), .body = std::string(3'000'000, 'x')});
    const auto seen = upstream.requests()[0];
    EXPECT_EQ(seen.header("content-type"), std::nullopt);
    EXPECT_EQ(seen.header("expect"), std::nullopt);
    EXPECT_EQ(seen.body.size(), 3'000'000U);
}

TEST(HttpClientExchange, GetHasNoBodyAndAnEmptyPutHasALength) {
    Upstream upstream;
    HttpClient client;
    (void)client.send({.url = upstream.url()});
    (void)client.send({.method = "PUT", .url = upstream.url()});
    const auto seen = upstream.requests();
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].method, "GET");
    EXPECT_EQ(seen[0].header("content-length"), std::nullopt);
    EXPECT_EQ(seen[1].method, "PUT");
    EXPECT_EQ(seen[1].header("content-length"), "0");
}

TEST(HttpClientExchange, HeadWaitsForNoBody) {
    Upstream upstream;
    upstream.answer({.body = "never sent"});
    HttpClient client;
    const auto response = client.send({.method = "HEAD", .url = upstream.url()});
    EXPECT_EQ(upstream.requests()[0].method, "HEAD");
    EXPECT_EQ(response.headers.get("content-length"), "10");
    EXPECT_EQ(response.body, "");
}

TEST(HttpClientExchange, GivesStatusFieldsAndBodyBack) {
    Upstream upstream;
    const std::string body{"\0\xFF{}", 4};
    upstream.answer({.status = 418, .body = body, .headers = {{"X-Two", "  2 "}, {"X-Two", "3"}}});
    HttpClient client;
    const auto response = client.send({.url = upstream.url()});
    EXPECT_EQ(response.status, 418U);
    EXPECT_EQ(response.body, body);
    EXPECT_EQ(response.headers.get("x-two"), "2");
    EXPECT_EQ(response.headers.count("X-Two"), 2U);
}

TEST(HttpClientExchange, KeepsTheConnection) {
    Upstream upstream;
    HttpClient client;
    for (int i = 0; i < 10; ++i) (void)client.send({.url = upstream.url()});
    EXPECT_EQ(upstream.count(), 10U);
    EXPECT_EQ(upstream.connections(), 1U);
}

TEST(HttpClientExchange, SendsAgainOverANewConnectionWhenTheOldOneWasClosed) {
    Upstream upstream;
    upstream.answer({.mishap = UpstreamReply::Mishap::close});
    HttpClient client;
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(client.send({.method = "POST", .url = upstream.url(), .body = "x"}).status, 200U);
    EXPECT_EQ(upstream.count(), 5U);
}

TEST(HttpClientExchange, ARequestLeavesNothingBehindForTheNext) {
    Upstream upstream;
    HttpClient client;
    (void)client.send({.method = "HEAD", .url = upstream.url(), .headers = headers({{"X-Old", "1"}})});
    upstream.answer({.body = "answer"});
    const auto response = client.send({.url = upstream.url()});
    EXPECT_EQ(upstream.requests()[1].header("x-old"), std::nullopt);
    EXPECT_EQ(response.body, "answer");
}

TEST(HttpClientExchange, FollowsNoRedirect) {
    Upstream upstream;
    upstream.answer({.status = 302, .headers = {{"Location", upstream.url() + "/elsewhere"}}});
    HttpClient client;
    EXPECT_EQ(client.send({.url = upstream.url()}).status, 302U);
    EXPECT_EQ(upstream.count(), 1U);
}

TEST(HttpClientExchange, FieldsOfAnInterimAnswerAreNotTheAnswers) {
    Upstream upstream;
    upstream.answer({.body = "real", .headers = {{"X-Final", "1"}}, .early_hints = true});
    HttpClient client;
    const auto response = client.send({.method = "POST", .url = upstream.url(), .body = "x"});
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.headers.count("X-Final"), 1U);
    EXPECT_EQ(response.headers.count("Link"), 0U);
    EXPECT_EQ(response.body, "real");
}

TEST(HttpClientExchange, SendsTheCredentialsOfTheUrl) {
    Upstream upstream;
    HttpClient client;
    (void)client.send({.url = "http://jo:secret@127.0.0.1:" + std::to_string(upstream.port()) + "/"});
    EXPECT_EQ(upstream.requests()[0].header("authorization"), "Basic am86c2VjcmV0");
}

TEST(HttpClientExchange, ManyThreadsShareIt) {
    Upstream upstream;
    upstream.answer([](const UpstreamRequest& request) { return UpstreamReply{.body = request.body}; });
    HttpClient client{{.max_idle = 4}};
    std::atomic<int> right = 0;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i) {
                const auto body = std::to_string(t) + "/" + std::to_string(i);
                if (client.send({.method = "POST", .url = upstream.url(), .body = body}).body == body)
                    ++right;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(right, 400);
    EXPECT_EQ(upstream.count(), 400U);
}

} // namespace
} // namespace nanomdm::http
