// When a peer counts as out of reach, and who finds out that it is back.
#include "pacing/outage.hpp"

#include <gtest/gtest.h>

namespace nanomdm {
namespace {

using namespace std::chrono_literals;

class OutageTest : public testing::Test {
protected:
    void fail(int times) {
        for (int i = 0; i < times; ++i) outage.failed(now);
    }

    Outage outage{"the receiver", {.failures = 3, .pause = {.first = 1s, .longest = 30s}}};
    Outage::Clock::time_point now{1h};
};

TEST_F(OutageTest, AFewFailuresAreNone) {
    fail(2);
    EXPECT_EQ(outage.admit(now), Admission::any);
    outage.answered();
    fail(2);
    EXPECT_EQ(outage.admit(now), Admission::any) << "not in a row";
    EXPECT_FALSE(outage.ongoing());
}

TEST_F(OutageTest, ThenNobodyIsAdmittedUntilThePauseIsOver) {
    fail(3);
    EXPECT_TRUE(outage.ongoing());
    EXPECT_EQ(outage.admit(now), Admission::none);
    EXPECT_EQ(outage.admit(now + 1s), Admission::one);
    EXPECT_EQ(outage.admit(now + 2s), Admission::none) << "one finds out for all";
}

TEST_F(OutageTest, AnAnswerEndsIt) {
    fail(3);
    ASSERT_EQ(outage.admit(now + 1s), Admission::one);
    outage.answered();
    EXPECT_EQ(outage.admit(now + 1s), Admission::any);
}

TEST_F(OutageTest, PausesGrowWithEveryTryAndNotWithThoseFromBefore) {
    fail(100);
    EXPECT_EQ(outage.admit(now + 1s), Admission::one);
    now += 1s;
    fail(50);
    EXPECT_EQ(outage.admit(now + 900ms), Admission::none);
    EXPECT_EQ(outage.admit(now + 2s), Admission::one);
    for (int i = 0; i < 20; ++i) {
        now += 30s;
        outage.failed(now);
        ASSERT_EQ(outage.admit(now + 30s), Admission::one);
    }
    outage.failed(now);
    EXPECT_EQ(outage.admit(now + 14s), Admission::none);
}

TEST_F(OutageTest, WhatWasNotTriedMayBeTriedByAnother) {
    fail(3);
    ASSERT_EQ(outage.admit(now + 1s), Admission::one);
    outage.withdraw();
    EXPECT_EQ(outage.admit(now + 1s), Admission::one);
}

} // namespace
} // namespace nanomdm
