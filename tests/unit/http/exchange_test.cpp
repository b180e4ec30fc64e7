// One request, one answer: routing, framing, keep-alive, pipelining, HTTP/1.0 and what handlers see.
#include "raw_client.hpp"
#include "test_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace nanomdm::http::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Exchange, AnswersWithLengthDateAndServer) {
    TestServer server;
    const auto response = ask(server.address(), put("/echo", "hello"));
    EXPECT_EQ(response.status, 200u);
    EXPECT_EQ(response.body, "hello");
    EXPECT_EQ(response.headers.at("content-length"), "5");
    EXPECT_EQ(response.headers.at("server"), "nanomdm");
    EXPECT_EQ(response.headers.at("content-type"), "text/plain");
    EXPECT_THAT(response.headers.at("date"),
                testing::ContainsRegex("^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$"));
    EXPECT_EQ(response.headers.count("connection"), 0u);
}

TEST(Exchange, KeepsTheConnectionForFurtherRequests) {
    TestServer server;
    RawClient client{server.address()};
    for (int i = 0; i < 20; ++i) {
        client.send(put("/echo", std::to_string(i)));
        EXPECT_EQ(client.response().body, std::to_string(i));
    }
    EXPECT_EQ(server.server().open_connections(), 1u);
}

TEST(Exchange, AnswersAHundredPipelinedRequestsInOrder) {
    TestServer server;
    RawClient client{server.address()};
    std::string requests;
    for (int i = 0; i < 100; ++i) requests += put("/echo", "request " + std::to_string(i));
    client.send(requests);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(client.response().body, "request " + std::to_string(i));
}

TEST(Exchange, AnswersPipelinedRequestsAfterWhichTheClientStopsSending) {
    TestServer server;
    RawClient client{server.address()};
    client.send(put("/echo", "a") + put("/echo", "b"));
    client.finish_sending();
    EXPECT_EQ(client.response().body, "a");
    EXPECT_EQ(client.response().body, "b");
    EXPECT_TRUE(client.closed());
}

TEST(Exchange, TakesARequestByteByByte) {
    TestServer server;
    RawClient client{server.address()};
    for (const char c : put("/echo", "slowly")) client.send({&c, 1});
    EXPECT_EQ(client.response().body, "slowly");
}

TEST(Exchange, JoinsChunksAndDropsTrailers) {
    TestServer server;
    RawClient client{server.address()};
    client.send("PUT /request HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                "5\r\nhello\r\n6;ext=\"1\"\r\n world\r\n0\r\nX-Client-Cert: forged\r\n\r\n");
    const auto body = client.response().body;
    EXPECT_THAT(body, HasSubstr("hello world"));
    EXPECT_THAT(body, Not(HasSubstr("forged")));
    client.send(put("/echo", "next"));
    EXPECT_EQ(client.response().body, "next");
}

TEST(Exchange, ClosesWhenTheClientAsksTo) {
    TestServer server;
    RawClient client{server.address()};
    client.send(put("/echo", "x", "Connection: close\r\n"));
    EXPECT_EQ(client.response().headers.at("connection"), "close");
    EXPECT_TRUE(client.closed());
}

TEST(Exchange, SpeaksHttp10WithAndWithoutKeepAlive) {
    TestServer server;
    RawClient once{server.address()};
    once.send("GET /version HTTP/1.0\r\n\r\n");
    EXPECT_EQ(once.response().headers.at("connection"), "close");
    EXPECT_TRUE(once.closed());

    RawClient kept{server.address()};
    for (int i = 0; i < 3; ++i) {
        kept.send("GET /version HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        EXPECT_EQ(kept.response().headers.at("connection"), "keep-alive");
    }
}

TEST(Exchange, AnswersHeadWithTheLengthOfTheBodyItLeavesOut) {
    TestServer server;
    RawClient client{server.address()};
    client.send("HEAD /version HTTP/1.1\r\nHost: t\r\n\r\n" + put("/echo", "next"));
    const auto response = client.response(true);
    EXPECT_EQ(response.status, 200u);
    EXPECT_EQ(response.headers.at("content-length"), "2");
    EXPECT_EQ(client.response().body, "next");
}

TEST(Exchange, Sends204WithoutLength) {
    TestServer server;
    RawClient client{server.address()};
    client.send(get("/empty") + get("/version"));
    const auto response = client.response();
    EXPECT_EQ(response.status, 204u);
    EXPECT_EQ(response.headers.count("content-length"), 0u);
    EXPECT_EQ(client.response().body, "1\n");
}

TEST(Exchange, RefusesUnknownPathsAndMethodsAndKeepsTheConnection) {
    TestServer server;
    RawClient client{server.address()};
    client.send(put("/nowhere", "body"));
    const auto missing = client.response();
    EXPECT_EQ(missing.status, 404u);
    EXPECT_EQ(missing.body, "Not Found\n");
    EXPECT_EQ(missing.headers.at("content-type"), "text/plain; charset=utf-8");
    for (const std::string method : {"GET", "HEAD", "DELETE"}) {
        client.send(method + " /echo HTTP/1.1\r\nHost: t\r\n\r\n");
        const auto refused = client.response(method == "HEAD");
        EXPECT_EQ(refused.status, 405u);
        EXPECT_EQ(refused.headers.at("allow"), "PUT, POST");
    }
    client.send(put("/nowhere", std::string(200'000, 'x')));
    EXPECT_EQ(client.response().status, 404u);
    client.send("PUT /nowhere HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
    EXPECT_EQ(client.response().status, 404u);
    client.send(put("/echo", "still here"));
    EXPECT_EQ(client.response().body, "still here");
}

TEST(Exchange, AsksForAKeyBeforeReadingTheBody) {
    TestServer server;
    RawClient client{server.address()};
    client.send("PUT /guarded HTTP/1.1\r\nHost: t\r\nContent-Length: 9000000\r\n\r\n");
    const auto refused = client.response();
    EXPECT_EQ(refused.status, 401u);
    EXPECT_EQ(refused.headers.at("www-authenticate"), "Basic realm=\"nanomdm\"");
    // nanomdm:new-key
    EXPECT_EQ(ask(server.address(), get("/guarded", "Authorization: Basic bmFub21kbTpuZXcta2V5\r\n")).body,
              "let in\n");
}

TEST(Exchange, GivesHandlersMethodPathQueryHeadersAndPeer) {
    TestServer server;
    const auto body =
        ask(server.address(), put("/request?a=1&b=%20", "body", "X-One:  two \r\nX-Empty:\r\n")).body;
    EXPECT_THAT(body, testing::StartsWith("PUT\n/request\na=1&b=%20\n127.0.0.1\n"));
    EXPECT_THAT(body, HasSubstr("X-One=two\n"));
    EXPECT_THAT(body, HasSubstr("X-Empty=\n"));
    EXPECT_THAT(body, testing::EndsWith("\nbody"));
}

TEST(Exchange, TakesTheAbsoluteFormOfATarget) {
    TestServer server;
    const auto described = [&](const std::string& target) {
        return ask(server.address(), "GET " + target + " HTTP/1.1\r\nHost: t\r\n\r\n");
    };
    EXPECT_THAT(described("http://mdm.example.org:9000/request?q").body, HasSubstr("GET\n/request\nq\n"));
    EXPECT_THAT(described("HTTPS://mdm.example.org/request").body, HasSubstr("GET\n/request\n\n"));
    EXPECT_EQ(described("http://mdm.example.org").status, 404u);
    EXPECT_EQ(described("ftp://mdm.example.org/request").status, 400u);
    EXPECT_EQ(described("*").status, 400u);
    EXPECT_EQ(described("mdm.example.org:443").status, 400u);
}

TEST(Exchange, GivesEveryRequestItsOwnTraceId) {
    TestServer server;
    RawClient client{server.address()};
    std::set<std::string> ids;
    for (int i = 0; i < 50; ++i) {
        client.send(get("/request", "X-Trace-ID: 0000000000000000\r\n"));
        const auto body = client.response().body;
        auto line = body.find('\n', body.find("127.0.0.1")) + 1;
        const auto id = body.substr(line, body.find('\n', line) - line);
        EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f]{16}"));
        ids.insert(id);
    }
    EXPECT_EQ(ids.size(), 50u);
}

TEST(Exchange, TurnsExceptionsIntoStatusesWithoutTheirText) {
    TestServer server;
    RawClient client{server.address()};
    const auto asked = [&](const std::string& path) {
        client.send(get(path));
        return client.response();
    };
    EXPECT_EQ(asked("/throw/forbidden").status, 403u);
    EXPECT_EQ(asked("/throw/forbidden").body, "Forbidden\n");
    EXPECT_EQ(asked("/throw/unavailable").headers.count("retry-after"), 1u);
    EXPECT_EQ(asked("/throw/number").status, 500u);
    const auto internal = asked("/throw/runtime");
    EXPECT_EQ(internal.status, 500u);
    EXPECT_EQ(internal.body, "Internal Server Error\n");
    EXPECT_EQ(internal.headers.at("content-type"), "text/plain; charset=utf-8");
}

TEST(Exchange, OutlivesLooksThatThrow) {
    TestServer server;
    RawClient client{server.address()};
    client.send(get("/bad-admission") + get("/bad-choice"));
    const auto admission = client.response();
    EXPECT_EQ(admission.status, 500u);
    EXPECT_EQ(admission.body, "Internal Server Error\n");
    EXPECT_EQ(client.response().body, "let in\n");
}

TEST(Exchange, KeepsHandlersFromBreakingTheFraming) {
    TestServer server;
    RawClient client{server.address()};
    client.send(get("/headers") + get("/version"));
    const auto response = client.response();
    EXPECT_EQ(response.headers.at("x-extra"), "kept");
    EXPECT_EQ(response.headers.at("content-length"), "2");
    EXPECT_EQ(response.headers.count("injected"), 0u);
    EXPECT_EQ(response.headers.count("x-broken"), 0u);
    EXPECT_EQ(response.headers.count("transfer-encoding"), 0u);
    EXPECT_EQ(client.response().body, "1\n");
}

TEST(Exchange, SendsAnswersLargerThanTheSocketTakes) {
    TestServer server;
    RawClient client{server.address()};
    client.send(put("/big", "20000000") + put("/echo", "next"));
    EXPECT_EQ(client.response().body.size(), 20'000'000u);
    EXPECT_EQ(client.response().body, "next");
}

TEST(Exchange, SendsContinueToWhoAsksForItAndHasABodyToSend) {
    TestServer server;
    RawClient client{server.address()};
    client.send("PUT /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    EXPECT_EQ(client.response().status, 100u);
    client.send("body");
    EXPECT_EQ(client.response().body, "body");

    client.send("PUT /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(client.response().status, 200u);
    client.send("PUT /echo HTTP/1.1\r\nHost: t\r\nExpect: a-miracle\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(client.response().status, 417u);
}

TEST(Exchange, RefusesInsteadOfContinueWhenTheBodyIsOfNoUse) {
    TestServer server;
    for (const auto& [head, status] : {std::pair{"PUT /nowhere HTTP/1.1\r\nContent-Length: 4\r\n", 404u},
                                       std::pair{"GET /echo HTTP/1.1\r\nContent-Length: 4\r\n", 405u},
                                       std::pair{"PUT /echo HTTP/1.1\r\nContent-Length: 99999999\r\n", 413u},
                                       std::pair{"PUT /guarded HTTP/1.1\r\nContent-Length: 4\r\n", 401u}}) {
        RawClient client{server.address()};
        client.send(std::string{head} + "Host: t\r\nExpect: 100-continue\r\n\r\n");
        const auto response = client.response();
        EXPECT_EQ(response.status, status);
        EXPECT_EQ(response.headers.at("connection"), "close");
        EXPECT_TRUE(client.closed());
    }
}

TEST(Exchange, IgnoresEmptyLinesBeforeARequest) {
    TestServer server;
    RawClient client{server.address()};
    client.send("\r\n\r\n" + put("/echo", "a") + "\r\n" + put("/echo", "b"));
    EXPECT_EQ(client.response().body, "a");
    EXPECT_EQ(client.response().body, "b");
}

} // namespace
} // namespace nanomdm::http::test
