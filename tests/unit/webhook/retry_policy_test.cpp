// Later, or never: what becomes of an event that was not delivered.
#include "webhook/retry_policy.hpp"

#include "scripted_receiver.hpp"

#include <gtest/gtest.h>

namespace nanomdm::webhook {
namespace {

class RetryPolicyTest : public testing::Test {
protected:
    LaneVisit settled(Tries before, const Verdict& verdict, std::chrono::seconds age = 0s) {
        LaneVisit visit{.enrollment = EnrollmentId{"MAC"}, .lease = "1"};
        const OutboxEvent one{.sequence = 1, .recorded_at = now - age, .event = event("MAC", "1")};
        settle(visit, one, before, verdict, policy, backoff, now);
        return visit;
    }

    RetryPolicy policy;
    Backoff backoff{policy.pause};
    const TimePoint now = std::chrono::system_clock::now();
};

TEST_F(RetryPolicyTest, PausesDoubleUpToTenMinutes) {
    std::chrono::milliseconds whole = 1s;
    for (int failed = 0; failed < 40; ++failed) {
        const auto visit = settled({.failed = failed, .refused = 0}, failure);
        ASSERT_TRUE(visit.retry);
        EXPECT_FALSE(visit.buried_because);
        EXPECT_EQ(visit.retry->tries, (Tries{.failed = failed + 1, .refused = 0}));
        EXPECT_GE(visit.retry->after, whole / 2);
        EXPECT_LE(visit.retry->after, whole);
        whole = std::min<std::chrono::milliseconds>(whole * 2, 10min);
    }
}

TEST_F(RetryPolicyTest, TheFifthRefusalIsTheLast) {
    Tries tries;
    for (int i = 0; i < 4; ++i) {
        const auto visit = settled(tries, refusal);
        ASSERT_TRUE(visit.retry) << i;
        tries = visit.retry->tries;
    }
    EXPECT_EQ(tries, (Tries{.failed = 4, .refused = 4}));
    const auto visit = settled(tries, refusal);
    EXPECT_FALSE(visit.retry);
    EXPECT_EQ(visit.buried_because, "refused, 5 tries: HTTP status 404");
}

TEST_F(RetryPolicyTest, AnOutageBeforeDoesNotMakeTheFirstRefusalTheLast) {
    const auto visit = settled({.failed = 30, .refused = 0}, refusal);
    EXPECT_FALSE(visit.buried_because);
    EXPECT_EQ(visit.retry->tries, (Tries{.failed = 31, .refused = 1}));
}

TEST_F(RetryPolicyTest, AnOldOneIsGivenUpWhenItFails) {
    EXPECT_TRUE(settled({.failed = 90, .refused = 0}, failure, 72h).retry);
    const auto visit = settled({.failed = 90, .refused = 0}, failure, 72h + 1s);
    EXPECT_FALSE(visit.retry);
    EXPECT_EQ(visit.buried_because, "too old, 91 tries: cannot connect");
}

} // namespace
} // namespace nanomdm::webhook
