// Sessions whose answers stream: clients that stall, go away, send nonsense, or ask for more at once.
#include "raw_client.hpp"
#include "support/stream_peer.hpp"
#include "test_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

namespace nanomdm::http::test {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

/// A server whose /stream/ a test's function answers, on a thread of its own for each request.
class StreamServer {
public:
    using Answer = std::function<void(Answerer&)>;

    explicit StreamServer(Answer answer, ServerLimits limits = {}, bool streams_body = true)
        : answer_{std::move(answer)} {
        router_.add({.path = "/stream/",
                     .methods = {},
                     .handler = {},
                     .stream = [this](HttpRequest& request,
                                      const std::shared_ptr<Stream>& stream) -> std::optional<HttpResponse> {
                         if (request.path == "/stream/refused") return error_response(403);
                         if (request.path == "/stream/throws") throw std::runtime_error{"secret detail"};
                         threads_.emplace_back([this, stream] {
                             Answerer answerer{stream};
                             answer_(answerer);
                         });
                         return std::nullopt;
                     },
                     .streams_body = streams_body});
        router_.add({.path = "/plain", .methods = {}, .handler = [](HttpRequest&) {
                         return HttpResponse{.status = 200, .body = "plain"};
                     }});
        ServerOptions options;
        options.limits = limits;
        server_.emplace(workers_, upstream_, options);
        address_ =
            (default_tls() != nullptr ? "tls:" : "") + server_->listen("127.0.0.1:0", router_, default_tls());
        server_->start();
    }
    ~StreamServer() {
        server_->drain(0ms);
        for (auto& thread : threads_) thread.join();
        server_.reset();
    }
    [[nodiscard]] const std::string& address() const noexcept { return address_; }
    [[nodiscard]] Server& server() noexcept { return *server_; }

private:
    Answer answer_;
    Router router_;
    std::vector<std::thread> threads_; ///< started by the one worker
    WorkerPool workers_{WorkerPool::fixed(1)};
    WorkerPool upstream_{WorkerPool::wide(1)};
    std::optional<Server> server_;
    std::string address_;
};

void echo(Answerer& answerer) {
    answerer.stream().begin({});
    for (auto piece = answerer.read(); !piece.empty(); piece = answerer.read()) (void)answerer.write(piece);
    answerer.stream().finish();
}

std::string length_field(std::size_t length) { return "Content-Length: " + std::to_string(length) + "\r\n"; }

TEST(Streaming, AnswersTheNextRequestOnTheSameConnection) {
    StreamServer server{[](Answerer& answerer) {
        answerer.stream().begin({.status = 200, .headers = {}, .length = 4});
        (void)answerer.write("here");
        answerer.stream().finish();
    }};
    RawClient client{server.address()};
    client.send(get("/stream/a") + get("/plain") + get("/stream/b")); // at once
    EXPECT_EQ(client.response().body, "here");
    EXPECT_EQ(client.response().body, "plain");
    EXPECT_EQ(client.response().body, "here");
}

TEST(Streaming, AChunkedAnswerEndsOnce) {
    StreamServer server{echo};
    RawClient client{server.address()};
    client.send(get("/stream/") + get("/plain", "Connection: close\r\n"));
    EXPECT_THAT(client.read_all(), HasSubstr("chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"));
}

TEST(Streaming, ABodyMayBeLongerThanAnyLimit) {
    ServerLimits limits;
    limits.body_bytes = 1000;
    limits.bodies_bytes = 1000;
    StreamServer server{[](Answerer& answerer) {
                            std::size_t received = 0;
                            for (auto piece = answerer.read(); !piece.empty(); piece = answerer.read())
                                received += piece.size();
                            const auto text = std::to_string(received);
                            answerer.stream().begin({.status = 200, .headers = {}, .length = text.size()});
                            (void)answerer.write(text);
                            answerer.stream().finish();
                        },
                        limits};
    EXPECT_EQ(ask(server.address(), put("/stream/", std::string(3'000'000, 'x'))).body, "3000000");
}

TEST(Streaming, AWholeBodyIsStillLimitedWhereTheHandlerNeedsIt) {
    ServerLimits limits;
    limits.body_bytes = 1000;
    StreamServer server{echo, limits, false};
    RawClient client{server.address()};
    client.send(put("/stream/", std::string(1001, 'x')));
    EXPECT_EQ(client.response().status, 413U);
    client.send(put("/stream/", "body") + "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(client.read_all(), HasSubstr("\r\n\r\n4\r\nbody\r\n0\r\n\r\n"));
}

TEST(Streaming, ARefusalKeepsTheConnection) {
    StreamServer server{echo};
    RawClient client{server.address()};
    client.send(put("/stream/refused", "body"));
    EXPECT_EQ(client.response().status, 403U);
    client.send(put("/stream/throws", "body"));
    EXPECT_EQ(client.response().body, "Internal Server Error\n");
    client.send(get("/plain"));
    EXPECT_EQ(client.response().body, "plain");
}

TEST(Streaming, ABodyIsAskedForWhenItIsWanted) {
    StreamServer server{[](Answerer& answerer) {
        const auto piece = answerer.read();
        answerer.stream().begin({.status = 200, .headers = {}, .length = piece.size()});
        (void)answerer.write(piece);
        answerer.stream().finish();
    }};
    RawClient client{server.address()};
    const auto request = put("/stream/", "body", "Expect: 100-continue\r\n");
    client.send(request.substr(0, request.size() - 4));
    EXPECT_EQ(client.response().status, 100U);
    client.send("body");
    EXPECT_EQ(client.response().body, "body");
}

TEST(Streaming, ABodyThatNobodyWantsIsNotAskedFor) {
    StreamServer server{[](Answerer& answerer) {
        answerer.stream().begin({.status = 409, .headers = {}, .length = 0});
        answerer.stream().finish();
    }};
    RawClient client{server.address()};
    const auto request = put("/stream/", "body", "Expect: 100-continue\r\n");
    client.send(request.substr(0, request.size() - 4));
    const auto response = client.response();
    EXPECT_EQ(response.status, 409U);
    EXPECT_EQ(response.headers.at("connection"), "close");
}

TEST(Streaming, AClientThatStopsInTheMiddleOfItsBodyGets408) {
    ServerLimits limits;
    limits.write_time = 100ms;
    std::string heard;
    StreamServer server{[&](Answerer& answerer) {
                            for (auto piece = answerer.read(); !piece.empty(); piece = answerer.read())
                                heard += piece;
                            EXPECT_TRUE(answerer.stream().abandoned()) << "it must not look whole";
                            answerer.stream().fail(502);
                        },
                        limits};
    RawClient client{server.address()};
    client.send("PUT /stream/ HTTP/1.1\r\nHost: h\r\n" + length_field(100) + "\r\nhalf");
    EXPECT_EQ(client.response().status, 408U);
    EXPECT_TRUE(client.closed());
}

TEST(Streaming, AClientThatReadsNothingIsCutOff) {
    ServerLimits limits;
    limits.write_time = 100ms;
    std::atomic<bool> noticed{false};
    StreamServer server{[&](Answerer& answerer) {
                            answerer.stream().begin({});
                            const std::string piece(64 * 1024, 'x');
                            while (answerer.write(piece)) {
                            }
                            noticed = true;
                            answerer.stream().fail(502);
                        },
                        limits};
    RawClient client{server.address()};
    client.send(get("/stream/"));
    EXPECT_TRUE(eventually([&] { return noticed.load(); }));
}

TEST(Streaming, AClientThatGoesWakesTheAnswerer) {
    std::atomic<bool> noticed{false};
    StreamServer server{[&](Answerer& answerer) {
        answerer.await_abandoned();
        noticed = true;
        answerer.stream().fail(502);
    }};
    {
        RawClient client{server.address()};
        client.send(get("/stream/"));
        RawClient other{server.address()};
        other.send(get("/plain"));
        EXPECT_EQ(other.response().status, 200U);
    }
    EXPECT_TRUE(eventually([&] { return noticed.load(); }));
    EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 0; }));
}

TEST(Streaming, AFailureBeforeTheAnswerIsItsStatusAndOneAfterItACut) {
    StreamServer server{[](Answerer& answerer) {
        const auto body = answerer.read();
        if (body == "begin") {
            answerer.stream().begin({});
            (void)answerer.write("begun");
        }
        answerer.stream().fail(502);
    }};
    RawClient client{server.address()};
    client.send(put("/stream/", "fail"));
    EXPECT_EQ(client.response().body, "Bad Gateway\n");
    client.send(put("/stream/", "begin"));
    EXPECT_THAT(client.read_all(), EndsWith("5\r\nbegun\r\n")) << "no last chunk";
}

TEST(Streaming, ABrokenChunkIs400) {
    StreamServer server{[](Answerer& answerer) {
        while (!answerer.read().empty()) {
        }
        EXPECT_TRUE(answerer.stream().abandoned());
        answerer.stream().fail(502);
    }};
    RawClient client{server.address()};
    client.send(
        "PUT /stream/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\nnonsense\r\n");
    EXPECT_EQ(client.response().status, 400U);
    EXPECT_TRUE(client.closed());
}

TEST(Streaming, GoesOnInBothDirectionsWithoutEndUntilTheServersOwn) {
    std::atomic<bool> ended{false};
    {
        StreamServer server{[&](Answerer& answerer) {
            answerer.stream().begin({});
            while (answerer.write("tick")) {
            }
            ended = true;
        }};
        RawClient client{server.address()};
        client.send(get("/stream/"));
        EXPECT_FALSE(server.server().drain(50ms)) << "it was cut";
        const auto all = client.read_all();
        EXPECT_THAT(all, HasSubstr("tick"));
        EXPECT_THAT(all, Not(EndsWith("0\r\n\r\n")));
    }
    EXPECT_TRUE(ended);
}

} // namespace
} // namespace nanomdm::http::test
