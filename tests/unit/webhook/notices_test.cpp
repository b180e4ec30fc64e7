// Events in memory: in order per enrollment, bounded, lost rather than in anybody's way.
#include "webhook/notices.hpp"

#include "scripted_receiver.hpp"

#include <gmock/gmock.h>

#include <optional>

namespace nanomdm::webhook {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class NoticesTest : public testing::Test {
protected:
    NoticesTest() {
        options.threads = 3;
        options.pause = {.first = 5ms, .longest = 20ms};
    }
    ~NoticesTest() override { receiver.release(); }

    Notices& start() { return notices.emplace(receiver, outage, statistics, options); }

    Statistics statistics;
    Outage outage{"the receiver", {.failures = 1000, .pause = {.first = 5ms, .longest = 20ms}}};
    ScriptedReceiver receiver;
    NoticeOptions options;
    std::optional<Notices> notices;
};

TEST_F(NoticesTest, AreDeliveredInOrderPerEnrollment) {
    start();
    for (int i = 0; i < 100; ++i) {
        for (const char* enrollment : {"A", "B", "C", "D"})
            notices->add(event(enrollment, std::to_string(i)));
    }
    ASSERT_TRUE(receiver.wait_delivered(400));
    for (const char* enrollment : {"A", "B", "C", "D"}) {
        const auto ids = receiver.delivered(enrollment);
        ASSERT_THAT(ids, SizeIs(100));
        for (int i = 0; i < 100; ++i) EXPECT_EQ(ids[static_cast<std::size_t>(i)], std::to_string(i));
    }
    EXPECT_FALSE(receiver.overlapped());
    EXPECT_TRUE(eventually([&] { return statistics.notices_delivered == 400; }));
}

TEST_F(NoticesTest, TooManyAreDroppedAndCounted) {
    options.most = 5;
    receiver.answer([&](const Event&) {
        receiver.hang();
        return Verdict{};
    });
    start();
    for (int i = 0; i < 8; ++i) notices->add(event("A", std::to_string(i)));
    EXPECT_EQ(statistics.notices_dropped, 3U);
    receiver.release();
    ASSERT_TRUE(receiver.wait_delivered(5));
    EXPECT_TRUE(notices->drain(std::chrono::steady_clock::now() + 15s));
    EXPECT_THAT(receiver.delivered("A"), ElementsAre("0", "1", "2", "3", "4"));
}

TEST_F(NoticesTest, TooManyBytesAreDroppedAndCounted) {
    options.most_bytes = 10;
    receiver.answer([&](const Event&) {
        receiver.hang();
        return Verdict{};
    });
    start();
    auto large = event("A", "1");
    large.body = std::string(8, 'x');
    notices->add(large);
    notices->add(large);
    notices->add(event("A", "2"));
    EXPECT_EQ(statistics.notices_dropped, 1U);
}

TEST_F(NoticesTest, AFailureIsTriedAgainAndAtLastDropped) {
    std::atomic<int> failures{3};
    receiver.answer([&](const Event&) { return failures-- > 0 ? failure : Verdict{}; });
    start();
    notices->add(event("A", "1"));
    notices->add(event("A", "2"));
    ASSERT_TRUE(receiver.wait_delivered(2));
    EXPECT_THAT(receiver.delivered("A"), ElementsAre("1", "2"));
    receiver.answer([](const Event& one) { return one.id == "3" ? failure : Verdict{}; });
    notices->add(event("A", "3"));
    notices->add(event("A", "4"));
    ASSERT_TRUE(receiver.wait_delivered(3));
    EXPECT_THAT(receiver.delivered("A"), ElementsAre("1", "2", "4"));
    EXPECT_EQ(statistics.notices_dropped, 1U);
}

TEST_F(NoticesTest, ARefusalIsFinal) {
    receiver.answer([](const Event& one) { return one.id == "1" ? refusal : Verdict{}; });
    start();
    notices->add(event("A", "1"));
    notices->add(event("A", "2"));
    ASSERT_TRUE(receiver.wait_delivered(1));
    EXPECT_EQ(receiver.tries(), 2U);
}

TEST_F(NoticesTest, ByThemselvesFindOutThatAnOutageIsOver) {
    for (int i = 0; i < 1000; ++i) outage.failed();
    start();
    notices->add(event("A", "1"));
    EXPECT_TRUE(receiver.wait_delivered(1));
    EXPECT_TRUE(eventually([&] { return !outage.ongoing(); }));
}

TEST_F(NoticesTest, StoppingDropsWhatIsLeft) {
    receiver.answer([&](const Event&) {
        receiver.hang();
        return failure;
    });
    start();
    for (int i = 0; i < 4; ++i) notices->add(event("A", std::to_string(i)));
    ASSERT_TRUE(receiver.wait_hanging(1));
    EXPECT_FALSE(notices->drain(std::chrono::steady_clock::now()));
    notices->add(event("A", "late"));
    receiver.stop();
    notices->stop();
    EXPECT_EQ(statistics.notices_dropped, 5U);
}

} // namespace
} // namespace nanomdm::webhook
