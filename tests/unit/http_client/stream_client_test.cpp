// The streaming client against servers that are slow, stale, silent, or not to be trusted.
#include "http/client/stream_client.hpp"
#include "nanomdm/error.hpp"
#include "support/process/temp_dir.hpp"
#include "support/stream_peer.hpp"
#include "support/test_ca.hpp"
#include "support/upstream/upstream.hpp"
#include "support/wire/wire_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

namespace nanomdm::http {
namespace {

using namespace std::chrono_literals;
using nanomdm::test::Upstream;
using nanomdm::test::UpstreamReply;
using nanomdm::test::Wire;
using nanomdm::test::WireHead;
using nanomdm::test::WireServer;
using test::Asker;
using Body = StreamRequest::Body;
using Mishap = UpstreamReply::Mishap;

/// "STATUS body", "STATUS body, broken off", or "failed STATUS".
std::string answer(StreamClient& client, const StreamRequest& request, std::string body = {}) {
    Asker asker;
    if (!client.forward(request, asker.stream())) return "not taken";
    asker.stream()->offer(body);
    asker.stream()->end_body();
    const auto state = asker.read_all();
    if (!asker.head) return "failed " + std::to_string(asker.failure);
    return std::to_string(asker.head->status) + " " + asker.body +
           (state == Stream::State::finished ? "" : ", broken off");
}

TEST(StreamClient, PassesAnAnswerOn) {
    Upstream upstream;
    upstream.answer({.status = 203,
                     .body = "hello",
                     .headers = {{"X-A", "1"}, {"Keep-Alive", "timeout=1"}},
                     .early_hints = true});
    StreamClient client;
    Asker asker;
    ASSERT_TRUE(client.forward({.url = upstream.url() + "/x?y", .headers = {}}, asker.stream()));
    EXPECT_EQ(asker.read_all(), Stream::State::finished);
    EXPECT_EQ(asker.head->status, 203U);
    EXPECT_EQ(asker.head->length, 5U);
    EXPECT_EQ(asker.head->headers.get("X-A"), "1");
    EXPECT_FALSE(asker.head->headers.get("Keep-Alive"));
    EXPECT_FALSE(asker.head->headers.get("Link")) << "of the early hints";
    EXPECT_EQ(asker.body, "hello");
    EXPECT_EQ(upstream.requests().at(0).target, "/x?y");
}

TEST(StreamClient, AsksAgainOverANewConnectionWhereTheOldOneWasClosed) {
    Upstream upstream;
    upstream.answer({.body = "a", .mishap = Mishap::close});
    StreamClient client;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(answer(client, {.url = upstream.url()}), "200 a");
    EXPECT_EQ(upstream.count(), 3U);
}

TEST(StreamClient, NeverSendsABodyOverAConnectionThatMayBeStale) {
    Upstream upstream;
    upstream.answer({.body = "a"});
    StreamClient client;
    const StreamRequest post{.method = "POST", .url = upstream.url(), .body = Body::of_length, .length = 4};
    EXPECT_EQ(answer(client, {.url = upstream.url()}), "200 a");
    EXPECT_EQ(answer(client, {.url = upstream.url()}), "200 a");
    EXPECT_EQ(upstream.connections(), 1U);
    EXPECT_EQ(answer(client, post, "body"), "200 a");
    EXPECT_EQ(upstream.connections(), 2U);
    EXPECT_EQ(answer(client, {.method = "DELETE", .url = upstream.url()}), "200 a");
    EXPECT_EQ(upstream.connections(), 3U);
    EXPECT_EQ(upstream.requests().at(2).body, "body");
}

TEST(StreamClient, SilenceIsCutBeforeAndWithinAnAnswer) {
    std::atomic<int> closed{0};
    WireServer upstream{[&](Wire& wire, const WireHead& head) {
        if (head.target() == "/begin") wire.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun");
        if (wire.closes()) ++closed;
        return false;
    }};
    StreamClient client{{.idle_time = 200ms}};
    EXPECT_EQ(answer(client, {.url = upstream.url() + "/silent"}), "failed 502");
    EXPECT_EQ(answer(client, {.url = upstream.url() + "/begin"}), "200 begun, broken off");
}

TEST(StreamClient, AClientThatTakesNothingIsCut) {
    std::atomic<bool> closed{false};
    WireServer upstream{[&](Wire& wire, const WireHead&) {
        wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        const std::string piece(64 * 1024, 'x');
        while (wire.send_chunk(piece)) {
        }
        closed = true;
        return false;
    }};
    StreamClient client{{.idle_time = 200ms}};
    Asker asker;
    ASSERT_TRUE(client.forward({.url = upstream.url()}, asker.stream()));
    asker.await_head();
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!closed && std::chrono::steady_clock::now() < deadline) {
    }
    EXPECT_TRUE(closed);
    EXPECT_EQ(asker.read_all(), Stream::State::failed);
    EXPECT_LE(asker.body.size(), 2 * Stream::capacity + 64 * 1024);
}

TEST(StreamClient, WhatMovesSlowlyIsNotCut) {
    constexpr int pieces = 8;
    WireServer upstream{[&](Wire& wire, const WireHead&) {
        wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < pieces; ++i) {
            if (wire.closes_within(100ms)) return false;
            wire.send_chunk("x");
        }
        return wire.send("0\r\n\r\n");
    }};
    StreamClient client{{.idle_time = 600ms}}; // less than all of it takes
    EXPECT_EQ(answer(client, {.url = upstream.url()}), "200 xxxxxxxx");
}

TEST(StreamClient, TakesNoMoreThanItMay) {
    Upstream upstream;
    upstream.answer({.body = "a", .mishap = Mishap::hang});
    StreamClient client{{.most_streams = 2}};
    Asker first;
    Asker second;
    EXPECT_TRUE(client.forward({.url = upstream.url()}, first.stream()));
    EXPECT_TRUE(client.forward({.url = upstream.url()}, second.stream()));
    EXPECT_EQ(answer(client, {.url = upstream.url()}), "not taken");
    upstream.release();
    EXPECT_EQ(first.read_all(), Stream::State::finished);
    EXPECT_EQ(second.read_all(), Stream::State::finished);
    std::string third;
    while ((third = answer(client, {.url = upstream.url()})) == "not taken") {
    } // their places are given back
    EXPECT_EQ(third, "200 a");
}

TEST(StreamClient, StoppingCutsAndRefuses) {
    Upstream upstream;
    upstream.answer({.mishap = Mishap::hang});
    StreamClient client;
    Asker asker;
    ASSERT_TRUE(client.forward({.url = upstream.url()}, asker.stream()));
    ASSERT_TRUE(upstream.wait_for(1));
    client.stop();
    EXPECT_EQ(asker.read_all(), Stream::State::failed);
    EXPECT_EQ(asker.failure, 502U);
    EXPECT_EQ(answer(client, {.url = upstream.url()}), "not taken");
}

TEST(StreamClient, GivesUpForAClientThatHasGoneAtOnce) {
    std::atomic<bool> closed{false};
    WireServer upstream{[&](Wire& wire, const WireHead&) {
        closed = wire.closes();
        return false;
    }};
    StreamClient client;
    Asker asker;
    ASSERT_TRUE(client.forward({.method = "PUT", .url = upstream.url(), .body = Body::of_unknown_length},
                               asker.stream()));
    asker.offer("half");
    asker.stream()->abandon();
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!closed && std::chrono::steady_clock::now() < deadline) {
    }
    EXPECT_TRUE(closed);
}

TEST(StreamClient, RefusesWhatItCannotSend) {
    StreamClient client;
    Headers split;
    split.add("X-A", "a\r\nX-B: b");
    for (const auto& request :
         {StreamRequest{.method = "GET /", .url = "http://h/"}, StreamRequest{.url = "ftp://h/"},
          StreamRequest{.url = "http://h/", .headers = split},
          StreamRequest{.method = "HEAD", .url = "http://h/", .body = Body::of_length, .length = 1}}) {
        Asker asker;
        EXPECT_THROW((void)client.forward(request, asker.stream()), Error) << request.method << request.url;
    }
}

TEST(StreamClient, HeadersWithoutEndAre502) {
    WireServer upstream{[](Wire& wire, const WireHead&) {
        wire.send("HTTP/1.1 200 OK\r\n");
        for (int i = 0; wire.send("X-" + std::to_string(i) + ": " + std::string(1000, 'x') + "\r\n"); ++i) {
        }
        return false;
    }};
    StreamClient client;
    EXPECT_EQ(answer(client, {.url = upstream.url()}), "failed 502");
}

TEST(StreamClient, TrailersAreDropped) {
    WireServer upstream{[](Wire& wire, const WireHead&) {
        return wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
                         "1\r\na\r\n0\r\nX-T: 1\r\n\r\n");
    }};
    StreamClient client;
    EXPECT_EQ(answer(client, {.url = upstream.url()}), "200 a");
    EXPECT_EQ(answer(client, {.url = upstream.url()}), "200 a");
    EXPECT_EQ(upstream.connections(), 1U);
}

TEST(StreamClient, VerifiesTlsServers) {
    const auto ca = nanomdm::test::TestCa::make_root();
    const auto issued = ca.issue(
        {.common_name = "server", .ip_addresses = {"127.0.0.1"}, .extended_key_usage = "serverAuth"});
    Upstream upstream{
        {}, {{.certificate_pem = issued.certificate_pem, .private_key_pem = issued.private_key_pem}}};
    upstream.answer({.body = "secret"});
    nanomdm::test::TempDir directory;
    directory.write("ca.pem", ca.certificate_pem());
    StreamClient trusting{{.ca_file = (directory / "ca.pem").string()}};
    EXPECT_EQ(answer(trusting, {.url = upstream.url()}), "200 secret");
    StreamClient client;
    EXPECT_EQ(answer(client, {.url = upstream.url()}), "failed 502");
    EXPECT_EQ(upstream.count(), 1U);
}

} // namespace
} // namespace nanomdm::http
