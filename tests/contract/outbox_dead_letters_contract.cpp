// The outbox: what was given up and sent again, and what gives way when there is too much.
#include "contract/storage_contract.hpp"

#include <algorithm>
#include <functional>

namespace nanomdm::contract {
namespace {

using namespace std::chrono_literals;
using std::string;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const EnrollmentId mac{"A1B2"};
const EnrollmentId other{"C3D4"};

TEST_P(OutboxContract, DeadLettersCountUp) {
    for (int i = 0; i < 5; ++i) {
        record(i % 2 == 0 ? mac : other, "e" + std::to_string(i));
        bury(i % 2 == 0 ? mac : other, "because " + std::to_string(i));
    }
    const auto first = outbox().dead_letters(0, 3);
    ASSERT_THAT(first, SizeIs(3));
    EXPECT_EQ(first[1].event_id, "e1");
    EXPECT_EQ(first[1].topic, "mdm.Connect");
    EXPECT_EQ(first[1].enrollment, other);
    EXPECT_EQ(first[1].created_at, TimePoint{1'000s});
    EXPECT_EQ(first[1].reason, "because 1");
    EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - first[1].buried_at), 60s);
    EXPECT_TRUE(std::ranges::is_sorted(first, std::less_equal<>{}, &DeadLetter::number));
    const auto rest = outbox().dead_letters(first.back().number, 3);
    ASSERT_THAT(rest, SizeIs(2));
    EXPECT_EQ(rest[0].event_id, "e3");
    EXPECT_THAT(outbox().dead_letters(rest.back().number, 3), IsEmpty());
}

TEST_P(OutboxContract, ALongReasonIsKeptInPart) {
    record(mac, "1");
    bury(mac, string(100'000, 'r'));
    EXPECT_TRUE(outbox().dead_letters(0, 1).at(0).reason.starts_with(string(200, 'r')));
}

TEST_P(OutboxContract, AReplayGoesBehindWhatWaits) {
    record(mac, "dead", "{\"body\":1}");
    record(mac, "waiting");
    const auto before = std::chrono::system_clock::now();
    bury(mac);
    const auto number = outbox().dead_letters(0, 1).at(0).number;
    EXPECT_EQ(outbox().replay_dead_letters(std::vector{number, number, number + 7}), 1U);
    EXPECT_EQ(outbox().replay_dead_letters(std::vector{number}), 0U);
    EXPECT_THAT(outbox().dead_letters(0, 1), IsEmpty());
    const auto lane = lease_one(mac);
    ASSERT_THAT(event_ids(lane), ElementsAre("waiting", "dead"));
    EXPECT_EQ(lane.events[1].event.body, "{\"body\":1}");
    EXPECT_EQ(lane.events[1].event.created_at, TimePoint{1'000s});
    EXPECT_GT(lane.events[1].recorded_at, before - 30s) << "or its age would bury it again";
}

TEST_P(OutboxContract, AReplayKeepsTheOrder) {
    for (const char* id : {"1", "2", "3"}) {
        record(mac, id);
        bury(mac);
    }
    const auto dead = outbox().dead_letters(0, 3);
    ASSERT_THAT(dead, SizeIs(3));
    EXPECT_EQ(outbox().replay_dead_letters(std::vector{dead[2].number, dead[0].number, dead[1].number}), 3U);
    EXPECT_THAT(drain_outbox(), ElementsAre("1", "2", "3"));
}

TEST_P(OutboxContract, SheddingRemovesTheOldest) {
    for (int i = 0; i < 6; ++i) record(i % 2 == 0 ? mac : other, std::to_string(i));
    EXPECT_EQ(outbox().shed_events(6), 0U);
    EXPECT_EQ(outbox().shed_events(3), 3U);
    EXPECT_EQ(outbox().outbox_state().waiting, 3U);
    auto left = drain_outbox();
    std::ranges::sort(left);
    EXPECT_THAT(left, ElementsAre("3", "4", "5"));
}

TEST_P(OutboxContract, SheddingLeavesLeasedLanesAlone) {
    record(mac, "1");
    record(mac, "2");
    const auto lane = lease_one(mac);
    record(other, "3");
    record(other, "4");
    EXPECT_EQ(outbox().shed_events(2), 2U);
    deliver(lane, 1);
    EXPECT_THAT(drain_outbox(), ElementsAre("2"));
}

TEST_P(OutboxContract, SheddingTakesDeadLettersFirst) {
    for (const char* id : {"1", "2", "3"}) {
        record(mac, id);
        bury(mac);
    }
    record(mac, "4");
    record(mac, "5");
    EXPECT_EQ(outbox().shed_events(3), 2U);
    const auto dead = outbox().dead_letters(0, 9);
    ASSERT_THAT(dead, SizeIs(1));
    EXPECT_EQ(dead[0].event_id, "3");
    EXPECT_EQ(outbox().shed_events(1), 2U);
    EXPECT_THAT(drain_outbox(), ElementsAre("5"));
    EXPECT_EQ(outbox().outbox_state().dead, 0U);
}

TEST_P(OutboxContract, TheFirstAfterShedOnesIsUntried) {
    record(mac, "1");
    record(mac, "2");
    const auto lane = lease_one(mac);
    finish({.enrollment = mac,
            .lease = lane.lease,
            .retry = LaneRetry{.after = 0ms, .tries = {.failed = 4, .refused = 4}}});
    EXPECT_EQ(outbox().shed_events(1), 1U);
    EXPECT_EQ(lease_one(mac).tries, Tries{});
}

} // namespace
} // namespace nanomdm::contract
