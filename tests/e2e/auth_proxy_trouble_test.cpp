// What becomes of a request to /authproxy/ when one of the two ends fails, and of everybody else meanwhile.
#include "e2e/auth_proxy_scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace nanomdm::test {
namespace {

using testing::HasSubstr;

/// Begins an answer and never goes on.
bool begin_and_hang(Wire& wire, const WireHead&) {
    wire.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbegun");
    (void)wire.closes();
    return false;
}

TEST(AuthProxyTrouble, AnUnreachableServerIs502) {
    ProxyScene scene{[](Wire&, const WireHead&) { return false; }}; // closes in place of an answer
    auto wire = scene.connect();
    wire.send(scene.head("GET", "x"));
    EXPECT_EQ(wire.head().status(), 502);
    EXPECT_EQ(wire.body(), "Bad Gateway\n");
    wire.send(scene.head("PUT", "x", "Content-Length: 4\r\n") + "body");
    EXPECT_EQ(wire.head().status(), 502);

    scene.scene().restart(
        {"-cert-header", cert_header, "-auth-proxy-url", "http://127.0.0.1:1/"}); // nobody there
    auto again = scene.connect();
    again.send(scene.head("GET", "x"));
    EXPECT_EQ(again.head().status(), 502);
}

TEST(AuthProxyTrouble, AnswersThatAreNoHttpAre502) {
    ProxyScene scene{[](Wire& wire, const WireHead&) { return wire.send("\x01 no HTTP\r\n\r\n") && false; }};
    auto wire = scene.connect();
    wire.send(scene.head("GET", "x"));
    EXPECT_EQ(wire.head().status(), 502);
}

TEST(AuthProxyTrouble, AnAnswerThatBreaksOffNeverLooksWhole) {
    ProxyScene scene{[](Wire& wire, const WireHead& head) {
        const bool chunked = head.target() == "/repo/chunked";
        wire.send(std::string{"HTTP/1.1 200 OK\r\n"} +
                  (chunked ? "Transfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n"
                           : "Content-Length: 100\r\n\r\nbegun"));
        return false;
    }};
    for (const char* rest : {"known", "chunked"}) {
        auto wire = scene.connect();
        wire.send(scene.head("GET", rest));
        EXPECT_EQ(wire.head().status(), 200);
        char piece[64];
        std::string heard;
        while (const auto count = wire.read_body(piece, sizeof piece)) heard.append(piece, count);
        EXPECT_EQ(heard, "begun") << rest;
        EXPECT_FALSE(wire.body_is_whole()) << rest;
        EXPECT_TRUE(wire.closes());
    }
}

TEST(AuthProxyTrouble, AClientThatGoesAwayEndsTheOtherServersWork) {
    std::promise<bool> silent;
    std::promise<bool> sending;
    ProxyScene scene{[&](Wire& wire, const WireHead& head) {
        if (head.target() == "/repo/silent") {
            silent.set_value(wire.closes());
            return false;
        }
        wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (wire.send_chunk(Pattern::at(0))) {
        }
        sending.set_value(true);
        return false;
    }};
    {
        auto wire = scene.connect();
        wire.send(scene.head("GET", "silent"));
        ASSERT_TRUE(scene.visitors().await(1));
    } // has gone
    auto ended = silent.get_future();
    ASSERT_EQ(ended.wait_for(20s), std::future_status::ready);
    EXPECT_TRUE(ended.get()) << "before a word of the answer";
    {
        auto wire = scene.connect();
        wire.send(scene.head("GET", "sending"));
        EXPECT_EQ(wire.head().status(), 200);
    }
    EXPECT_EQ(sending.get_future().wait_for(20s), std::future_status::ready);
}

TEST(AuthProxyTrouble, ABodyThatBreaksOffDoesNotReachTheOtherServerAsWhole) {
    std::promise<bool> whole;
    ProxyScene scene{[&](Wire& wire, const WireHead&) {
        char piece[4096];
        while (wire.read_body(piece, sizeof piece) > 0) {
        }
        whole.set_value(wire.body_is_whole());
        return false;
    }};
    {
        auto wire = scene.connect();
        wire.send(scene.head("PUT", "x", "Transfer-Encoding: chunked\r\n"));
        wire.send_chunk("begun");
        ASSERT_TRUE(scene.visitors().await(1));
    }
    auto result = whole.get_future();
    ASSERT_EQ(result.wait_for(20s), std::future_status::ready);
    EXPECT_FALSE(result.get());
}

TEST(AuthProxyTrouble, AMalformedBodyIs400) {
    ProxyScene scene{[](Wire& wire, const WireHead&) { return wire.closes() && false; }};
    auto wire = scene.connect();
    wire.send(scene.head("PUT", "x", "Transfer-Encoding: chunked\r\n") + "5\r\nbegun\r\nno size\r\n");
    EXPECT_EQ(wire.head().status(), 400);
    EXPECT_EQ(wire.body(), "Bad Request\n");
    EXPECT_TRUE(wire.closes());
}

TEST(AuthProxyTrouble, ARefusalBeforeTheBodysEndReachesTheClient) {
    ProxyScene scene{[](Wire& wire, const WireHead&) {
        char piece[4096];
        (void)wire.read_body(piece, sizeof piece);
        wire.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
        while (wire.read_body(piece, sizeof piece) > 0) {
        }
        return false;
    }};
    auto wire = scene.connect();
    wire.send(scene.head("PUT", "x", "Content-Length: 1000000\r\n"));
    wire.send(Pattern::at(0).substr(0, 10'000));
    const auto answer = wire.head();
    EXPECT_EQ(answer.status(), 403);
    EXPECT_EQ(wire.body(), "no");
    EXPECT_THAT(answer.field("connection"), testing::Optional(std::string{"close"}))
        << "the rest of the body cannot be told from a request";
}

TEST(AuthProxyTrouble, ManySlowStreamsLeaveTheOthersUnharmed) {
    constexpr std::size_t streams = 200;
    ProxyScene scene{begin_and_hang, {"-workers", "2"}};
    std::vector<Wire> slow;
    for (std::size_t i = 0; i < streams; ++i) {
        slow.push_back(scene.connect());
        slow.back().send(scene.head("GET", "slow"));
        EXPECT_EQ(slow.back().head().status(), 200);
    }
    ASSERT_TRUE(scene.visitors().await(streams));
    for (int i = 0; i < 20; ++i) {
        auto& device = scene.device();
        EXPECT_EQ(device.token_update().status, 200);
        scene.scene().api().must_enqueue(device.id(), "C-" + std::to_string(i));
        EXPECT_EQ(device.connect().size(), 1U);
    }
}

TEST(AuthProxyTrouble, MoreStreamsThanAllowedAreTurnedAway) {
    ProxyScene scene{begin_and_hang, {"-auth-proxy-streams", "2"}};
    auto first = scene.connect();
    auto second = scene.connect();
    for (auto* wire : {&first, &second}) {
        wire->send(scene.head("GET", "x"));
        EXPECT_EQ(wire->head().status(), 200);
    }
    auto third = scene.connect();
    third.send(scene.head("GET", "x"));
    const auto refused = third.head();
    EXPECT_EQ(refused.status(), 503);
    EXPECT_TRUE(refused.field("retry-after"));
    EXPECT_EQ(third.body(), "Service Unavailable\n");
}

TEST(AuthProxyTrouble, AStreamThatEndsWithinTheGraceEndsWhole) {
    std::promise<void> stopping;
    auto stopped = stopping.get_future().share();
    ProxyScene scene{[stopped](Wire& wire, const WireHead&) {
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegun");
        stopped.wait();
        return wire.send(" end");
    }};
    auto wire = scene.connect();
    wire.send(scene.head("GET", "x"));
    EXPECT_EQ(wire.head().status(), 200);
    scene.scene().server().process().signal(SIGTERM);
    stopping.set_value();
    EXPECT_EQ(wire.body(), "begun end");
    EXPECT_TRUE(wire.closes());
}

TEST(AuthProxyTrouble, AStreamIsCutAtTheEndOfTheGrace) {
    ProxyScene scene{begin_and_hang, {"-shutdown-grace", "1s"}};
    auto wire = scene.connect();
    wire.send(scene.head("GET", "x"));
    EXPECT_EQ(wire.head().status(), 200);
    scene.scene().stop(); // fails when it hangs
    EXPECT_THROW((void)wire.body(), std::runtime_error);
}

} // namespace
} // namespace nanomdm::test
