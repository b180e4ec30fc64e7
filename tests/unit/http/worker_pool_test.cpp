// The pools: bounded, on demand, and stopped without losing what they accepted.
#include "raw_client.hpp"
#include "test_server.hpp"

#include "http/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace nanomdm::http::test {
namespace {

using namespace std::chrono_literals;

TEST(WorkerPool, RunsEveryJobOnce) {
    std::vector<std::atomic<int>> runs(10'000);
    WorkerPool pool{WorkerPool::fixed(4, 100'000)};
    std::vector<std::jthread> posters;
    for (std::size_t poster = 0; poster < 4; ++poster) {
        posters.emplace_back([&, poster] {
            for (std::size_t i = poster; i < runs.size(); i += 4)
                ASSERT_TRUE(pool.try_post([&run = runs[i]] { ++run; }));
        });
    }
    posters.clear();
    pool.stop();
    for (const auto& run : runs) ASSERT_EQ(run, 1);
}

TEST(WorkerPool, RefusesWhenThreadsAndQueueAreFull) {
    Gate gate; // before the pool, which is destroyed while jobs may still use it
    std::atomic<int> done = 0;
    WorkerPool pool{WorkerPool::fixed(2, 3)};
    const auto job = [&] {
        gate.wait();
        ++done;
    };
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(pool.try_post(job));
    ASSERT_TRUE(gate.await_waiting(2));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(pool.try_post(job));
    EXPECT_FALSE(pool.try_post(job));
    EXPECT_EQ(pool.waiting(), 3u);
    EXPECT_EQ(pool.busy(), 2u);
    gate.open();
    EXPECT_TRUE(eventually([&] { return done == 5; }));
    EXPECT_TRUE(pool.try_post(job));
}

TEST(WorkerPool, StopFinishesWhatWasAcceptedAndRefusesTheRest) {
    std::atomic<int> done = 0;
    WorkerPool pool{WorkerPool::fixed(1, 100)};
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.try_post([&] { ++done; }));
    pool.stop();
    EXPECT_EQ(done, 50);
    EXPECT_FALSE(pool.try_post([&] { ++done; }));
    EXPECT_EQ(pool.threads(), 0u);
    pool.stop();
}

TEST(WorkerPool, StartsThreadsOnDemandUpToTheLimitAndEndsIdleOnes) {
    Gate gate;
    std::atomic<bool> ran = false;
    WorkerPool pool{{.min_threads = 0, .max_threads = 3, .queue = 0, .idle_time = 20ms}};
    EXPECT_EQ(pool.threads(), 0u);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(pool.try_post([&] { gate.wait(); }));
    ASSERT_TRUE(gate.await_waiting(3));
    EXPECT_FALSE(pool.try_post([] {}));
    EXPECT_EQ(pool.threads(), 3u);
    gate.open();
    EXPECT_TRUE(eventually([&] { return pool.threads() == 0; }));
    ASSERT_TRUE(pool.try_post([&] { ran = true; }));
    EXPECT_TRUE(eventually([&] { return ran.load(); }));
}

TEST(WorkerPool, PrefersAThreadThatIsIdleAlready) {
    WorkerPool pool{WorkerPool::wide(100)};
    for (int i = 0; i < 50; ++i) {
        std::atomic<bool> ran = false;
        ASSERT_TRUE(pool.try_post([&] { ran = true; }));
        ASSERT_TRUE(eventually([&] { return ran && pool.busy() == 0; }));
    }
    EXPECT_EQ(pool.threads(), 1u);
}

TEST(WorkerPool, SurvivesThreadsEndingWhileJobsArrive) {
    std::atomic<int> done = 0;
    WorkerPool pool{{.min_threads = 1, .max_threads = 8, .queue = 8, .idle_time = 1ms}};
    int accepted = 0;
    const auto end = std::chrono::steady_clock::now() + 500ms;
    while (std::chrono::steady_clock::now() < end) {
        for (int burst = 0; burst < 12; ++burst) accepted += pool.try_post([&] { ++done; }) ? 1 : 0;
        std::this_thread::yield();
    }
    pool.stop();
    EXPECT_EQ(done, accepted);
}

} // namespace
} // namespace nanomdm::http::test
