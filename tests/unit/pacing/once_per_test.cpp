// One event per interval, whoever asks.
#include "pacing/once_per.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace nanomdm {
namespace {

using namespace std::chrono_literals;
const OncePer::Clock::time_point start{1h};

TEST(OncePer, LetsTheFirstThroughAndThenOnePerInterval) {
    OncePer log{1min};
    EXPECT_TRUE(log.due(start));
    EXPECT_FALSE(log.due(start));
    EXPECT_FALSE(log.due(start + 59s));
    EXPECT_TRUE(log.due(start + 60s));
    EXPECT_FALSE(log.due(start + 119s)) << "the interval counts from the last one let through";
    EXPECT_TRUE(log.due(start + 1h));
}

TEST(OncePer, LetsTheFirstThroughHoweverEarlyTheClockStands) {
    OncePer log{1min};
    EXPECT_TRUE(log.due(OncePer::Clock::time_point{})) << "a machine just booted";
}

TEST(OncePer, LetsOneOfManyThreadsThrough) {
    OncePer log{1min};
    std::atomic<int> through{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                for (int n = 0; n < 1000; ++n) {
                    if (log.due(start)) ++through;
                }
            });
        }
    }
    EXPECT_EQ(through, 1);
}

} // namespace
} // namespace nanomdm
