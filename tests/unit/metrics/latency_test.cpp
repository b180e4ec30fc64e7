#include "metrics/latency.hpp"

#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace nanomdm::metrics {
namespace {

using namespace std::chrono_literals;

TEST(Latency, ABoundBelongsToItsBucketAndWhatIsLongerToTheNext) {
    Latency latency;
    latency.observe(Latency::bounds[0]);
    latency.observe(Latency::bounds[0] + 1ns);
    latency.observe(Latency::bounds.back() + 1ns);
    const auto snapshot = latency.snapshot();
    EXPECT_EQ(snapshot.cumulative[0], 1U);
    EXPECT_EQ(snapshot.cumulative[1], 2U);
    EXPECT_EQ(snapshot.cumulative[Latency::bounds.size() - 1], 2U);
    EXPECT_EQ(snapshot.cumulative.back(), 3U);
}

TEST(Latency, AClockThatStandsStillOrRunsBackwardsCountsAsNoTime) {
    Latency latency;
    latency.observe(0ns);
    latency.observe(-1s);
    EXPECT_EQ(latency.snapshot().cumulative.front(), 2U);
    EXPECT_EQ(latency.snapshot().seconds, 0);
}

TEST(Latency, ThreadsLoseNothing) {
    Latency latency;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < 10'000; ++n) latency.observe(1ms);
        });
    threads.clear();
    EXPECT_EQ(latency.snapshot().cumulative.back(), 40'000U);
    EXPECT_NEAR(latency.snapshot().seconds, 40, 1e-6);
}

TEST(Latency, SnapshotsAddUp) {
    Latency one;
    Latency other;
    one.observe(1ms);
    other.observe(1h);
    auto sum = one.snapshot();
    sum += other.snapshot();
    EXPECT_EQ(sum.cumulative[2], 1U);
    EXPECT_EQ(sum.cumulative.back(), 2U);
    EXPECT_NEAR(sum.seconds, 3600.001, 1e-9);
}

} // namespace
} // namespace nanomdm::metrics
