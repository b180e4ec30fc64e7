// The sender on a real outbox, with a receiver that behaves or does not.
#include "webhook/sender.hpp"

#include "nanomdm/error.hpp"
#include "scripted_receiver.hpp"
#include "storage/inmem/inmem_storage.hpp"

#include <gmock/gmock.h>

#include <optional>

namespace nanomdm::webhook {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class SenderTest : public testing::Test {
protected:
    SenderTest() {
        options.threads = 4;
        options.events_each = 3;
        options.poll = 20ms;
        options.upkeep = 20ms;
        options.retry.pause = {.first = 10ms, .longest = 40ms};
    }
    ~SenderTest() override { receiver.release(); }

    Sender& start() { return sender.emplace(outbox, receiver, outage, statistics, options); }
    void record(const std::string& enrollment, const std::string& id) {
        outbox.record_event(event(enrollment, id));
        if (sender) sender->wake();
    }
    std::uint64_t waiting() { return outbox.outbox_state().waiting; }

    storage::InMemStorage outbox;
    Statistics statistics;
    Outage outage{"the receiver", {.failures = 5, .pause = {.first = 10ms, .longest = 50ms}}};
    ScriptedReceiver receiver;
    SenderOptions options;
    std::optional<Sender> sender; ///< last: ends first
};

TEST_F(SenderTest, DeliversWhatIsThereAndWhatComes) {
    record("A", "1");
    record("A", "2");
    start();
    record("B", "3");
    ASSERT_TRUE(receiver.wait_delivered(3));
    EXPECT_THAT(receiver.delivered("A"), ElementsAre("1", "2"));
    EXPECT_THAT(receiver.delivered("B"), ElementsAre("3"));
    EXPECT_TRUE(eventually([&] { return waiting() == 0; }));
    EXPECT_EQ(statistics.delivered, 3U);
}

TEST_F(SenderTest, IsWokenByARecord) {
    options.poll = 1h;
    start();
    record("A", "1");
    ASSERT_TRUE(receiver.wait_delivered(1));
    record("A", "2");
    ASSERT_TRUE(receiver.wait_delivered(2));
}

TEST_F(SenderTest, FindsWhatAnotherProcessRecorded) {
    start();
    outbox.record_event(event("A", "1"));
    EXPECT_TRUE(receiver.wait_delivered(1));
}

TEST_F(SenderTest, KeepsTheOrderOfEachWhileFailuresComeBetween) {
    std::atomic<int> calls{0};
    receiver.answer([&](const Event&) { return ++calls % 3 == 0 ? failure : Verdict{}; });
    start();
    constexpr int lanes = 10;
    constexpr int each = 20;
    for (int i = 0; i < each; ++i) {
        for (int lane = 0; lane < lanes; ++lane) record("M" + std::to_string(lane), std::to_string(i));
    }
    ASSERT_TRUE(receiver.wait_delivered(lanes * each));
    for (int lane = 0; lane < lanes; ++lane) {
        const auto ids = receiver.delivered("M" + std::to_string(lane));
        ASSERT_THAT(ids, SizeIs(each));
        for (int i = 0; i < each; ++i) EXPECT_EQ(ids[static_cast<std::size_t>(i)], std::to_string(i));
    }
    EXPECT_FALSE(receiver.overlapped());
    EXPECT_GT(statistics.failed, 0U);
}

TEST_F(SenderTest, TwoSendersShareTheWork) {
    Sender other{outbox, receiver, outage, statistics, options};
    start();
    for (int i = 0; i < 300; ++i) record("M" + std::to_string(i % 7), std::to_string(i / 7));
    ASSERT_TRUE(receiver.wait_delivered(300));
    EXPECT_TRUE(eventually([&] { return waiting() == 0; }));
    EXPECT_FALSE(receiver.overlapped());
    EXPECT_EQ(statistics.delivered, 300U) << "none twice";
}

TEST_F(SenderTest, ARefusedEventIsBuriedAndTheNextGoesOn) {
    receiver.answer([](const Event& one) { return one.id == "bad" ? refusal : Verdict{}; });
    start();
    for (const char* id : {"1", "bad", "2"}) record("A", id);
    ASSERT_TRUE(receiver.wait_delivered(2));
    EXPECT_THAT(receiver.delivered("A"), ElementsAre("1", "2"));
    const auto dead = outbox.dead_letters(0, 9);
    ASSERT_THAT(dead, SizeIs(1));
    EXPECT_EQ(dead[0].event_id, "bad");
    EXPECT_EQ(dead[0].reason, "refused, 5 tries: HTTP status 404");
    EXPECT_EQ(receiver.tries(), 7U);
    EXPECT_EQ(statistics.dead, 1U);
}

TEST_F(SenderTest, AnEventTooOldIsBuried) {
    options.retry.max_age = -1s;
    receiver.answer([](const Event&) { return failure; });
    start();
    record("A", "1");
    EXPECT_TRUE(eventually([&] { return outbox.outbox_state().dead == 1; }));
    EXPECT_EQ(receiver.tries(), 1U);
}

TEST_F(SenderTest, AHangingEventHoldsUpItsEnrollmentAlone) {
    receiver.answer([&](const Event& one) {
        if (one.enrollment.str() == "A") receiver.hang();
        return Verdict{};
    });
    start();
    record("A", "1");
    ASSERT_TRUE(receiver.wait_hanging(1));
    for (int i = 0; i < 50; ++i) record("B" + std::to_string(i % 5), std::to_string(i));
    EXPECT_TRUE(receiver.wait_delivered(50));
    receiver.release();
    EXPECT_TRUE(receiver.wait_delivered(51));
}

TEST_F(SenderTest, InAnOutageFewAreTriedAndAfterItAllAreDelivered) {
    options.retry.pause = {.first = 10ms, .longest = 20ms};
    receiver.answer([](const Event&) { return failure; });
    for (int i = 0; i < 200; ++i) record("M" + std::to_string(i), "1");
    start();
    ASSERT_TRUE(eventually([&] { return outage.ongoing(); }));
    ASSERT_TRUE(receiver.wait_tries(12)) << "it goes on trying";
    EXPECT_LT(receiver.tries(), 100U);
    receiver.answer([](const Event&) { return Verdict{}; });
    ASSERT_TRUE(receiver.wait_delivered(200));
    EXPECT_FALSE(outage.ongoing());
}

TEST_F(SenderTest, AReplayedEventIsDelivered) {
    receiver.answer([](const Event&) { return refusal; });
    start();
    record("A", "1");
    ASSERT_TRUE(eventually([&] { return outbox.outbox_state().dead == 1; }));
    receiver.answer([](const Event&) { return Verdict{}; });
    EXPECT_EQ(outbox.replay_dead_letters(std::vector{outbox.dead_letters(0, 1).at(0).number}), 1U);
    EXPECT_TRUE(receiver.wait_delivered(1));
}

TEST_F(SenderTest, ShedsWhatIsTooMuch) {
    options.max_backlog = 10;
    receiver.answer([&](const Event&) {
        receiver.hang();
        return Verdict{};
    });
    for (int i = 0; i < 50; ++i) record("M" + std::to_string(i), "1");
    start();
    EXPECT_TRUE(eventually([&] { return waiting() <= 10; }));
    EXPECT_TRUE(eventually([&] { return statistics.shed == 40 && statistics.backlog == 10; }));
    EXPECT_NE(statistics.oldest, 0);
}

TEST_F(SenderTest, DrainingFinishesWhatIsUnderWayAndNoMore) {
    receiver.answer([&](const Event&) {
        receiver.hang();
        return Verdict{};
    });
    start();
    for (const char* id : {"1", "2", "3"}) record("A", id);
    ASSERT_TRUE(receiver.wait_hanging(1));
    EXPECT_FALSE(sender->drain(std::chrono::steady_clock::now()));
    receiver.release();
    EXPECT_TRUE(sender->drain(std::chrono::steady_clock::now() + 15s));
    sender->stop();
    EXPECT_THAT(receiver.delivered("A"), ElementsAre("1"));
    EXPECT_EQ(waiting(), 2U);
    EXPECT_THAT(outbox.lease_events({}), SizeIs(1)) << "the lease was given back";
}

TEST_F(SenderTest, AnUnreachableOutboxIsAskedAgain) {
    class Failing final : public OutboxStore {
    public:
        explicit Failing(OutboxStore& real) : real_{real} {}
        void record_event(const Event& event) override { real_.record_event(event); }
        std::vector<OutboxLane> lease_events(const LeaseRequest& request) override {
            check();
            return real_.lease_events(request);
        }
        void finish_lanes(std::span<const LaneVisit> visits) override {
            check();
            real_.finish_lanes(visits);
        }
        std::vector<DeadLetter> dead_letters(std::uint64_t after, std::size_t limit) override {
            return real_.dead_letters(after, limit);
        }
        std::size_t replay_dead_letters(std::span<const std::uint64_t> numbers) override {
            return real_.replay_dead_letters(numbers);
        }
        std::size_t shed_events(std::uint64_t most) override { return real_.shed_events(most); }
        OutboxState outbox_state() override { return real_.outbox_state(); }

        std::atomic<int> failures{0};

    private:
        void check() {
            if (failures > 0 && failures-- > 0) throw Error{Errc::unavailable, "no connection"};
        }
        OutboxStore& real_;
    } failing{outbox};

    failing.failures = 3;
    receiver.answer([&](const Event& one) {
        if (one.id == "2") failing.failures = 3; // so that giving back fails, too
        return Verdict{};
    });
    sender.emplace(failing, receiver, outage, statistics, options);
    for (const char* id : {"1", "2", "3", "4"}) record("A", id);
    ASSERT_TRUE(receiver.wait_delivered(4));
    EXPECT_TRUE(eventually([&] { return waiting() == 0; }));
    EXPECT_THAT(receiver.delivered("A"), ElementsAre("1", "2", "3", "4"));
}

} // namespace
} // namespace nanomdm::webhook
