// Stopping: no answer is lost that was asked for in time.
#include "raw_client.hpp"
#include "test_server.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace nanomdm::http::test {
namespace {

using namespace std::chrono_literals;

TEST(Drain, FinishesWhatIsUnderWayAndSaysClose) {
    TestServer server;
    RawClient client{server.address()};
    client.send(put("/slow", "done"));
    ASSERT_TRUE(server.gate().await_waiting(1));
    auto drained = std::async(std::launch::async, [&] { return server.server().drain(20s); });
    ASSERT_TRUE(eventually([&] {
        try {
            RawClient late{server.address()};
            return false;
        } catch (const std::runtime_error&) {
            return true; // no longer listening
        }
    }));
    server.gate().open();
    const auto response = client.response();
    EXPECT_EQ(response.body, "done");
    EXPECT_EQ(response.headers.at("connection"), "close");
    EXPECT_TRUE(client.closed());
    EXPECT_TRUE(drained.get());
}

TEST(Drain, ClosesIdleConnections) {
    TestServer server;
    RawClient client{server.address()};
    client.send(put("/echo", "x"));
    EXPECT_EQ(client.response().status, 200u);
    EXPECT_TRUE(server.server().drain(20s));
    EXPECT_TRUE(client.closed());
    EXPECT_EQ(server.server().open_connections(), 0u);
}

TEST(Drain, AnswersAllThatWasPipelined) {
    TestServer server;
    RawClient client{server.address()};
    client.send(put("/slow", "first") + put("/echo", "second") + put("/echo", "third"));
    ASSERT_TRUE(server.gate().await_waiting(1));
    auto drained = std::async(std::launch::async, [&] { return server.server().drain(20s); });
    server.gate().open();
    EXPECT_EQ(client.response().body, "first");
    EXPECT_EQ(client.response().body, "second");
    EXPECT_EQ(client.response().body, "third");
    EXPECT_TRUE(client.closed());
    EXPECT_TRUE(drained.get());
}

TEST(Drain, EndsAtTheGraceWithAHandlerStillRunning) {
    TestServer server;
    RawClient client{server.address()};
    client.send(put("/slow", "late"));
    ASSERT_TRUE(server.gate().await_waiting(1));
    EXPECT_FALSE(server.server().drain(50ms));
    EXPECT_TRUE(client.closed());
    server.gate().open(); // the handler returns to a connection that has gone
}

TEST(Drain, LosesNoAnswerUnderLoad) {
    TestServer server{{.workers = 4, .queue = 1000}};
    constexpr int clients = 16;
    std::atomic<int> answered = 0;
    std::atomic<int> lost = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < clients; ++i) {
        threads.emplace_back([&, i] {
            RawClient client{server.address()};
            for (int n = 0;; ++n) {
                const auto body = std::to_string(i) + '-' + std::to_string(n);
                client.send(put("/echo", body));
                const auto response = client.read();
                if (!response || response->status != 200 || response->body != body) {
                    ++lost;
                    return;
                }
                ++answered;
                if (response->headers.count("connection") != 0) return;
            }
        });
    }
    ASSERT_TRUE(eventually([&] { return answered > 500; }));
    EXPECT_TRUE(server.server().drain(20s));
    threads.clear();
    EXPECT_EQ(lost, 0);
    EXPECT_EQ(static_cast<int>(server.echoes()), answered);
}

TEST(Drain, ServesWhoHadConnectedButWasNotYetAccepted) {
    TestServer server;
    std::vector<RawClient> clients;
    for (int i = 0; i < 50; ++i) {
        clients.emplace_back(server.address());
        clients.back().send(put("/echo", "in time"));
    }
    EXPECT_TRUE(server.server().drain(20s));
    for (auto& client : clients) EXPECT_EQ(client.response().body, "in time");
}

TEST(Drain, TwiceIsOnce) {
    TestServer server;
    EXPECT_TRUE(server.server().drain(20s));
    EXPECT_TRUE(server.server().drain(20s));
}

TEST(Drain, AServerNeverStartedIsDestroyedQuietly) {
    Router router;
    auto pool = WorkerPool{WorkerPool::fixed(1)};
    Server server{pool, pool};
    server.listen("127.0.0.1:0", router);
    EXPECT_TRUE(server.drain(1s));
}

TEST(Drain, DestructionWaitsForAHandlerThatStillRuns) {
    std::atomic<bool> finished = false;
    Gate gate;
    Router router;
    router.add({.path = "/wait", .methods = {}, .handler = [&](HttpRequest&) {
                    gate.wait();
                    finished = true;
                    return HttpResponse{};
                }});
    WorkerPool pool{WorkerPool::fixed(1)};
    std::optional<Server> server;
    server.emplace(pool, pool);
    const auto address = server->listen("127.0.0.1:0", router);
    server->start();
    RawClient client{address};
    client.send(get("/wait"));
    ASSERT_TRUE(gate.await_waiting(1));
    auto destroyed = std::async(std::launch::async, [&] { server.reset(); });
    EXPECT_TRUE(client.closed()); // destruction has begun
    gate.open();
    destroyed.get();
    EXPECT_TRUE(finished);
}

} // namespace
} // namespace nanomdm::http::test
