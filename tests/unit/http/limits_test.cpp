// What a connection may not do: too much, too slowly, too many at a time.
#include "raw_client.hpp"
#include "test_server.hpp"

#include "http/open_files.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace nanomdm::http::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Time-outs short enough to wait for, each test shortening the one it is about.
ServerOptions with(std::chrono::milliseconds ServerLimits::*limit, std::chrono::milliseconds time) {
    ServerOptions options;
    options.limits.*limit = time;
    return options;
}

TEST(Limits, RefusesADeclaredBodyOverTheLimitAtOnce) {
    TestServer server;
    RawClient client{server.address()};
    client.send("PUT /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 16777217\r\n\r\n");
    EXPECT_EQ(client.response().status, 413u);
    EXPECT_TRUE(client.closed());
}

TEST(Limits, LetsAClientThatGoesOnSendingSeeThe413) {
    TestServer server;
    RawClient client{server.address()};
    client.send("PUT /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 50000000\r\n\r\n");
    const std::string piece(1'000'000, 'x');
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(client.try_send(piece)) << "reset instead of read";
    const auto response = client.response();
    EXPECT_EQ(response.status, 413u);
    EXPECT_EQ(response.body, "Request Entity Too Large\n");
    client.finish_sending();
    EXPECT_TRUE(client.closed());
}

TEST(Limits, RefusesAChunkedBodyWhenItGrowsOverTheLimit) {
    ServerOptions options;
    options.limits.body_bytes = 1000;
    TestServer server{{.server = options}};
    RawClient client{server.address()};
    client.send("PUT /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 6; ++i) client.try_send("c8\r\n" + std::string(200, 'x') + "\r\n");
    EXPECT_EQ(client.response().status, 413u);
    EXPECT_EQ(ask(server.address(), put("/echo", std::string(1000, 'x'))).status, 200u);
    EXPECT_EQ(ask(server.address(), put("/echo", std::string(1001, 'x'))).status, 413u);
}

TEST(Limits, TakesABodyOfExactlyTheLimit) {
    TestServer server;
    const std::string body(16 * 1024 * 1024, 'x');
    EXPECT_EQ(ask(server.address(), put("/echo", body)).body.size(), body.size());
}

TEST(Limits, BodiesAreLimitedToWhatTheStorageHolds) {
    TestServer server{{.most_body = 2000}};
    EXPECT_EQ(ask(server.address(), put("/echo", std::string(2000, 'x'))).status, 200u);
    EXPECT_EQ(ask(server.address(), put("/echo", std::string(2001, 'x'))).status, 413u);
}

TEST(Limits, BodiesOfAllConnectionsTogetherAreBounded) {
    ServerOptions options;
    options.limits.bodies_bytes = 1'500'000; // a string of 600,000 has taken a MiB
    TestServer server{{.server = options}};
    const std::string large(600'000, 'x');
    RawClient first{server.address()};
    first.send(put("/slow", large));
    ASSERT_TRUE(server.gate().await_waiting(1)); // handled: its body still counts

    const auto refused = ask(server.address(), put("/echo", large));
    EXPECT_EQ(refused.status, 503u);
    EXPECT_TRUE(refused.headers.contains("retry-after"));
    EXPECT_EQ(server.echoes(), 0u);
    EXPECT_EQ(ask(server.address(), put("/echo", std::string(2'000, 'x'))).status, 200u) << "small ones pass";

    server.gate().open();
    EXPECT_EQ(first.response().status, 200u);
    EXPECT_TRUE(eventually([&] { return ask(server.address(), put("/echo", large)).status == 200u; }));
}

TEST(Limits, RefusesAHeaderOver64KiB) {
    TestServer server;
    const auto response = ask(server.address(), get("/version", "X: " + std::string(70'000, 'x') + "\r\n"));
    EXPECT_EQ(response.status, 431u);
    EXPECT_EQ(ask(server.address(), get("/version", "X: " + std::string(60'000, 'x') + "\r\n")).status, 200u);
}

TEST(Limits, EndsAHeaderThatTakesTooLongHoweverItTrickles) {
    TestServer server{{.server = with(&ServerLimits::header_time, 300ms)}};
    RawClient client{server.address()};
    client.send("PUT /echo HTTP/1.1\r\nHost: t\r\nX: ");
    RawClient pace{server.address()}; // a byte for each of its exchanges: too little to fill the header
    for (const auto begin = Clock::now(); Clock::now() - begin < 700ms;) {
        ASSERT_TRUE(client.try_send("x"));
        pace.send(get("/version"));
        ASSERT_EQ(pace.response().status, 200u);
    }
    EXPECT_EQ(client.response().status, 408u);
    client.finish_sending();
    EXPECT_TRUE(client.closed());
}

TEST(Limits, Answers408ToAHeaderAndABodyThatStall) {
    ServerOptions options;
    options.limits.header_time = options.limits.body_time = 100ms;
    TestServer server{{.server = options}};
    RawClient header{server.address()};
    header.send("PUT /echo HTTP/1.1\r\nHost: t\r\n");
    EXPECT_EQ(header.response().status, 408u);
    RawClient body{server.address()};
    body.send("PUT /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nhalf");
    EXPECT_EQ(body.response().status, 408u);
}

TEST(Limits, ClosesAConnectionThatSendsNothingWithoutAnAnswer) {
    TestServer silent{{.server = with(&ServerLimits::header_time, 100ms)}};
    EXPECT_EQ(RawClient{silent.address()}.read_all(), "");

    TestServer idle{{.server = with(&ServerLimits::idle_time, 100ms)}};
    RawClient client{idle.address()};
    client.send(put("/echo", "x"));
    EXPECT_EQ(client.response().status, 200u);
    EXPECT_EQ(client.read_all(), "");
}

TEST(Limits, GivesUpOnAClientThatReadsNothing) {
    TestServer server{{.server = with(&ServerLimits::write_time, 100ms)}};
    RawClient client{server.address()};
    client.send(put("/big", "50000000"));
    EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 0; }));
}

TEST(Limits, DoesNotCountTheTimeAHandlerTakes) {
    ServerOptions options;
    options.limits.header_time = options.limits.body_time = options.limits.idle_time = 50ms;
    TestServer server{{.server = options}};
    RawClient slow{server.address()};
    slow.send(put("/slow", "done"));
    ASSERT_TRUE(server.gate().await_waiting(1));
    RawClient silent{server.address()};
    EXPECT_TRUE(silent.closed()); // so the limits have run out by now
    server.gate().open();
    EXPECT_EQ(slow.response().body, "done");
}

TEST(Limits, Answers503WithRetryAfterWhenTheQueueIsFull) {
    TestServer server{{.workers = 1, .queue = 2}};
    std::vector<RawClient> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(server.address());
        clients.back().send(put("/slow", std::to_string(i)));
        ASSERT_TRUE(server.gate().await_waiting(1));
    }
    ASSERT_TRUE(eventually([&] { return server.workers().waiting() == 2; }));
    RawClient refused{server.address()};
    refused.send(put("/echo", "x"));
    const auto response = refused.response();
    EXPECT_EQ(response.status, 503u);
    EXPECT_EQ(response.body, "Service Unavailable\n");
    EXPECT_GT(std::stoi(response.headers.at("retry-after")), 0);
    server.gate().open();
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(clients[static_cast<std::size_t>(i)].response().body, std::to_string(i));
    refused.send(put("/echo", "again"));
    EXPECT_EQ(refused.response().body, "again");
}

TEST(Limits, KeepsTheLanesApart) {
    TestServer server{{.workers = 1, .queue = 1}};
    RawClient waiting{server.address()};
    waiting.send(put("/upstream", "a"));
    RawClient chosen{server.address()};
    chosen.send(put("/choose", "upstream"));
    ASSERT_TRUE(server.gate().await_waiting(2));
    EXPECT_EQ(ask(server.address(), put("/echo", "not behind them")).body, "not behind them");
    server.gate().open();
    EXPECT_EQ(waiting.response().body, "a");
    EXPECT_EQ(chosen.response().body, "upstream");
}

TEST(Limits, OutlivesClientsThatLeaveWhileTheirHandlerRuns) {
    TestServer server{{.workers = 4}};
    for (int i = 0; i < 4; ++i) {
        RawClient client{server.address()};
        client.send(put("/slow", std::string(100'000, 'x')));
        if (i % 2 == 0) client.reset_on_close();
        ASSERT_TRUE(server.gate().await_waiting(static_cast<std::size_t>(i) + 1));
    }
    server.gate().open();
    EXPECT_EQ(ask(server.address(), put("/echo", "alive")).body, "alive");
    EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 0; }));
}

TEST(Limits, ServesOthersBesideIdleConnectionsAndSlowLorises) {
    ASSERT_GT(raise_open_file_limit(), 6000u) << "2,200 connections, both ends here";
    TestServer server{{.queue = 2000}};
    std::vector<RawClient> idle;
    for (int i = 0; i < 2000; ++i) {
        idle.emplace_back(server.address());
        idle.back().send(put("/echo", "x"));
    }
    for (auto& client : idle) ASSERT_EQ(client.response().status, 200u);
    std::vector<RawClient> lorises;
    for (int i = 0; i < 200; ++i) {
        lorises.emplace_back(server.address());
        lorises.back().send("PUT /echo HTTP/1.1\r\nHost: t\r\n");
    }
    for (int i = 0; i < 200; ++i) {
        lorises[static_cast<std::size_t>(i)].send("X: y\r\n");
        EXPECT_EQ(ask(server.address(), put("/echo", "served")).body, "served");
    }
    for (auto& client : idle) {
        client.send(put("/echo", "still here"));
        ASSERT_EQ(client.response().body, "still here");
    }
}

TEST(Limits, MakesRoomByClosingTheConnectionIdleForLongest) {
    ServerOptions options;
    options.limits.connections = 2;
    TestServer server{{.server = options}};
    RawClient oldest{server.address()};
    oldest.send(put("/echo", "x"));
    EXPECT_EQ(oldest.response().status, 200u);
    RawClient younger{server.address()};
    younger.send(put("/echo", "x"));
    EXPECT_EQ(younger.response().status, 200u);

    RawClient newcomer{server.address()};
    newcomer.send(put("/slow", "served"));
    EXPECT_TRUE(oldest.closed());
    ASSERT_TRUE(server.gate().await_waiting(1));
    younger.send(put("/slow", "served"));
    ASSERT_TRUE(server.gate().await_waiting(2));

    RawClient refused{server.address()}; // nobody is idle any more
    EXPECT_EQ(refused.response().status, 503u);
    EXPECT_TRUE(refused.closed());
    server.gate().open();
    EXPECT_EQ(newcomer.response().body, "served");
    EXPECT_EQ(younger.response().body, "served");
}

} // namespace
} // namespace nanomdm::http::test
