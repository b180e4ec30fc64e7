// The outbox: order per enrollment, leases, retries.
#include "contract/storage_contract.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>

namespace nanomdm::contract {

using namespace std::chrono_literals;

void OutboxTest::record(const EnrollmentId& id, const std::string& event_id, const std::string& body) {
    outbox().record_event({.id = event_id,
                           .topic = "mdm.Connect",
                           .created_at = TimePoint{1'000s},
                           .enrollment = id,
                           .body = body});
}

std::vector<OutboxLane> OutboxTest::lease(std::chrono::milliseconds length) {
    return outbox().lease_events({.lanes = 1000, .events_each = 1000, .length = length});
}

OutboxLane OutboxTest::lease_one(const EnrollmentId& id, std::chrono::milliseconds length) {
    OutboxLane found{.enrollment = id, .lease = {}, .events = {}, .tries = {}};
    for (auto& lane : lease(length)) {
        if (lane.enrollment == id)
            found = std::move(lane);
        else
            finish({.enrollment = lane.enrollment, .lease = lane.lease});
    }
    EXPECT_FALSE(found.events.empty()) << id.str() << " is not due";
    return found;
}

void OutboxTest::deliver(const OutboxLane& lane, std::size_t count) {
    finish({.enrollment = lane.enrollment,
            .lease = lane.lease,
            .delivered_through = lane.events.at(count - 1).sequence});
}

void OutboxTest::bury(const EnrollmentId& id, const std::string& why) {
    const auto lane = lease_one(id);
    finish({.enrollment = id, .lease = lane.lease, .buried_because = why});
}

std::vector<std::string> OutboxTest::drain_outbox() {
    std::vector<std::string> delivered;
    for (auto lanes = lease(); !lanes.empty(); lanes = lease()) {
        for (const auto& lane : lanes) {
            for (const auto& id : event_ids(lane)) delivered.push_back(id);
            deliver(lane, lane.events.size());
        }
    }
    return delivered;
}

std::vector<std::string> event_ids(const OutboxLane& lane) {
    std::vector<std::string> ids;
    for (const auto& event : lane.events) ids.push_back(event.event.id);
    return ids;
}

namespace {

using std::string;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const EnrollmentId mac{"A1B2"};
const EnrollmentId other{"C3D4"};

TEST_P(OutboxContract, AnEventComesBackAsItWasRecorded) {
    const Event event{.id = "e",
                      .topic = "mdm.TokenUpdate",
                      .created_at = TimePoint{1'234'567'890s + 123ms},
                      .enrollment = EnrollmentId{"né/../\"'"},
                      .body = "{\"é\":\"" + string(300'000, 'x') + "\"}"};
    outbox().record_event(event);
    const auto lanes = lease();
    ASSERT_THAT(lanes, SizeIs(1));
    EXPECT_EQ(lanes[0].enrollment, event.enrollment);
    EXPECT_EQ(lanes[0].tries, Tries{});
    ASSERT_THAT(lanes[0].events, SizeIs(1));
    const auto& stored = lanes[0].events[0];
    EXPECT_EQ(stored.event.id, event.id);
    EXPECT_EQ(stored.event.topic, event.topic);
    EXPECT_EQ(stored.event.created_at, event.created_at);
    EXPECT_EQ(stored.event.enrollment, event.enrollment);
    EXPECT_TRUE(stored.event.body == event.body);
    EXPECT_GT(stored.sequence, 0U);
    const auto age = std::chrono::system_clock::now() - stored.recorded_at;
    EXPECT_LT(std::chrono::abs(age), 60s);
}

TEST_P(OutboxContract, ALaneHasItsEventsInOrder) {
    for (int i = 0; i < 12; ++i) {
        record(mac, "a" + std::to_string(i));
        record(other, "b" + std::to_string(i));
    }
    const auto lane = lease_one(mac);
    ASSERT_THAT(lane.events, SizeIs(12));
    for (int i = 0; i < 12; ++i)
        EXPECT_EQ(lane.events[static_cast<std::size_t>(i)].event.id, "a" + std::to_string(i));
    EXPECT_TRUE(std::ranges::is_sorted(lane.events, std::less_equal<>{}, &OutboxEvent::sequence));
}

TEST_P(OutboxContract, ALeaseTakesNoMoreThanAskedFor) {
    for (const auto& id : {mac, other, EnrollmentId{"third"}}) {
        for (int i = 0; i < 3; ++i) record(id, "e" + std::to_string(i), string(100, 'x'));
    }
    const auto two_each = outbox().lease_events({.lanes = 2, .events_each = 2});
    ASSERT_THAT(two_each, SizeIs(2));
    for (const auto& lane : two_each) EXPECT_THAT(event_ids(lane), ElementsAre("e0", "e1"));
    for (const auto& lane : two_each) finish({.enrollment = lane.enrollment, .lease = lane.lease});

    const auto by_bytes = outbox().lease_events({.lanes = 1, .events_each = 9, .bytes_each = 250});
    ASSERT_THAT(by_bytes, SizeIs(1));
    EXPECT_THAT(event_ids(by_bytes[0]), ElementsAre("e0", "e1"));
    const auto too_large = outbox().lease_events({.lanes = 1, .events_each = 9, .bytes_each = 10});
    ASSERT_THAT(too_large, SizeIs(1));
    EXPECT_THAT(event_ids(too_large[0]), ElementsAre("e0")) << "or it would never be delivered";
}

TEST_P(OutboxContract, ALaneIsLeasedOnce) {
    record(mac, "1");
    const auto lane = lease_one(mac);
    record(mac, "2");
    EXPECT_THAT(lease(), IsEmpty());
    deliver(lane, 1);
    EXPECT_THAT(event_ids(lease_one(mac)), ElementsAre("2"));
}

TEST_P(OutboxContract, AnEndedLeaseGoesToTheNext) {
    record(mac, "1");
    record(mac, "2");
    const auto slow = lease_one(mac, 100ms);
    OutboxLane quick{.enrollment = mac, .lease = {}, .events = {}, .tries = {}};
    ASSERT_TRUE(eventually([&] {
        auto lanes = lease();
        if (lanes.empty()) return false;
        quick = std::move(lanes.at(0));
        return true;
    }));
    EXPECT_NE(quick.lease, slow.lease);
    EXPECT_THAT(event_ids(quick), ElementsAre("1", "2")) << "at least once";

    deliver(slow, 2);
    EXPECT_EQ(outbox().outbox_state().waiting, 2U) << "what has lost its lease has no say";
    EXPECT_THAT(lease(), IsEmpty()) << "nor does it end the other's";
    deliver(quick, 1);
    EXPECT_THAT(drain_outbox(), ElementsAre("2"));
}

TEST_P(OutboxContract, AnEndedLeaseThatNobodyTookStillCounts) {
    record(mac, "1");
    const auto lane = lease_one(mac, 1ms);
    deliver(lane, 1);
    EXPECT_THAT(drain_outbox(), IsEmpty());
}

TEST_P(OutboxContract, AVisitEndsOnce) {
    record(mac, "1");
    record(mac, "2");
    const auto lane = lease_one(mac);
    deliver(lane, 1);
    deliver(lane, 2);
    EXPECT_THAT(drain_outbox(), ElementsAre("2"));
    EXPECT_NO_THROW(finish({.enrollment = EnrollmentId{"unknown"}, .lease = "1", .delivered_through = 1}));
}

TEST_P(OutboxContract, AVisitTakesEffectAsAWhole) {
    for (const char* id : {"1", "2", "3", "4"}) record(mac, id);
    const auto lane = lease_one(mac);
    finish({.enrollment = mac,
            .lease = lane.lease,
            .delivered_through = lane.events[1].sequence,
            .buried_because = "404 from the receiver",
            .retry = LaneRetry{.after = 1ms, .tries = {.failed = 1, .refused = 1}}});
    const auto dead = outbox().dead_letters(0, 10);
    ASSERT_THAT(dead, SizeIs(1));
    EXPECT_EQ(dead[0].event_id, "3");
    ASSERT_TRUE(eventually([&] {
        const auto lanes = lease();
        if (lanes.empty()) return false;
        EXPECT_THAT(event_ids(lanes[0]), ElementsAre("4"));
        EXPECT_EQ(lanes[0].tries, (Tries{.failed = 1, .refused = 1}));
        return true;
    }));
}

TEST_P(OutboxContract, SeveralVisitsEndAtOnce) {
    std::vector<LaneVisit> visits;
    for (int i = 0; i < 20; ++i) record(EnrollmentId{"M" + std::to_string(i)}, std::to_string(i));
    for (const auto& lane : lease())
        visits.push_back({.enrollment = lane.enrollment,
                          .lease = lane.enrollment.str() == "M7" ? "another's" : lane.lease,
                          .delivered_through = lane.events[0].sequence});
    outbox().finish_lanes(visits);
    EXPECT_EQ(outbox().outbox_state().waiting, 1U) << "one stale visit harms no other";
    outbox().finish_lanes({});
}

TEST_P(OutboxContract, ARetryWaits) {
    record(mac, "1");
    record(other, "2");
    const auto lane = lease_one(mac);
    finish({.enrollment = mac,
            .lease = lane.lease,
            .retry = LaneRetry{.after = 60s, .tries = {.failed = 3, .refused = 1}}});
    record(mac, "later");
    EXPECT_THAT(drain_outbox(), ElementsAre("2")) << "the others don't wait with it";

    record(other, "3");
    const auto again = lease_one(other);
    finish({.enrollment = other,
            .lease = again.lease,
            .retry = LaneRetry{.after = 50ms, .tries = {.failed = 2, .refused = 0}}});
    EXPECT_TRUE(eventually([&] {
        const auto lanes = lease();
        if (lanes.empty()) return false;
        EXPECT_THAT(event_ids(lanes[0]), ElementsAre("3"));
        EXPECT_EQ(lanes[0].tries, (Tries{.failed = 2, .refused = 0}));
        return true;
    }));
}

TEST_P(OutboxContract, TriesAreThoseOfTheFirstEvent) {
    record(mac, "1");
    record(mac, "2");
    auto lane = lease_one(mac);
    finish({.enrollment = mac,
            .lease = lane.lease,
            .retry = LaneRetry{.after = 0ms, .tries = {.failed = 4, .refused = 4}}});
    lane = lease_one(mac);
    EXPECT_EQ(lane.tries.failed, 4);
    finish({.enrollment = mac, .lease = lane.lease});
    lane = lease_one(mac);
    EXPECT_EQ(lane.tries.failed, 4) << "a visit without a try changes nothing";
    deliver(lane, 1);
    EXPECT_EQ(lease_one(mac).tries, Tries{});
}

TEST_P(OutboxContract, ThoseDueLongestComeFirst) {
    for (const char* id : {"M1", "M2", "M3"}) {
        record(EnrollmentId{id}, "1");
        record(EnrollmentId{id}, "2");
    }
    std::vector<string> order;
    for (int i = 0; i < 6; ++i) {
        const auto lanes = outbox().lease_events({.lanes = 1, .events_each = 1});
        ASSERT_THAT(lanes, SizeIs(1));
        order.push_back(lanes[0].enrollment.str());
        deliver(lanes[0], 1);
    }
    EXPECT_THAT(order, ElementsAre("M1", "M2", "M3", "M1", "M2", "M3")) << "no lane keeps out the others";
}

TEST_P(OutboxContract, StateCountsWhatIsThere) {
    EXPECT_EQ(outbox().outbox_state().waiting, 0U);
    EXPECT_FALSE(outbox().outbox_state().oldest);
    record(mac, "1");
    record(mac, "2");
    record(other, "3");
    bury(mac);
    const auto state = outbox().outbox_state();
    EXPECT_EQ(state.waiting, 2U);
    EXPECT_EQ(state.dead, 1U);
    ASSERT_TRUE(state.oldest);
    EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - *state.oldest), 60s);
    drain_outbox();
    EXPECT_FALSE(outbox().outbox_state().oldest);
}

TEST_P(OutboxContract, OrderIsThatOfTheCallsUnderConcurrency) {
    constexpr int threads = 8;
    constexpr int each = 25;
    in_parallel(threads, [&](int thread) {
        for (int i = 0; i < each; ++i) record(mac, std::to_string(thread) + "-" + std::to_string(i));
    });
    std::map<string, std::vector<int>> by_thread;
    const auto all = drain_outbox();
    ASSERT_THAT(all, SizeIs(threads * each));
    for (const auto& id : all) by_thread[id.substr(0, 1)].push_back(std::stoi(id.substr(2)));
    for (const auto& [thread, order] : by_thread) EXPECT_TRUE(std::ranges::is_sorted(order)) << thread;
}

TEST_P(OutboxContract, SendersShareTheLanesAndNoneIsSentTwice) {
    constexpr int lanes = 6;
    constexpr int each = 40;
    constexpr int recorders = 2;
    constexpr int senders = 4;
    std::mutex mutex;
    std::map<string, std::vector<int>> delivered;
    std::set<string> under_way;
    std::atomic<int> left{lanes * each};
    in_parallel(recorders + senders, [&](int thread) {
        if (thread < recorders) {
            for (int i = 0; i < each; ++i) {
                for (int lane = thread; lane < lanes; lane += recorders)
                    record(EnrollmentId{"M" + std::to_string(lane)}, std::to_string(i));
            }
            return;
        }
        EXPECT_TRUE(eventually([&] {
            for (const auto& lane : outbox().lease_events({.lanes = 2, .events_each = 3})) {
                const auto& id = lane.enrollment.str();
                {
                    const std::lock_guard lock{mutex};
                    EXPECT_TRUE(under_way.insert(id).second) << "two senders have it";
                }
                {
                    const std::lock_guard lock{mutex};
                    for (const auto& event : event_ids(lane)) delivered[id].push_back(std::stoi(event));
                    under_way.erase(id); // before it is given back
                }
                deliver(lane, lane.events.size());
                left -= static_cast<int>(lane.events.size());
            }
            return left <= 0;
        }));
    });
    EXPECT_EQ(left, 0);
    EXPECT_THAT(delivered, SizeIs(lanes));
    for (const auto& [lane, order] : delivered) {
        ASSERT_THAT(order, SizeIs(each)) << lane;
        for (int i = 0; i < each; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i) << lane;
    }
}

TEST_P(OutboxReopenContract, WhatWaitsIsStillThere) {
    record(mac, "1", "{\"a\":1}");
    record(mac, "2");
    record(other, "3");
    record(EnrollmentId{"dead"}, "4");
    bury(EnrollmentId{"dead"}, "why");
    const auto lane = lease_one(mac);
    finish({.enrollment = mac,
            .lease = lane.lease,
            .delivered_through = lane.events[0].sequence,
            .retry = LaneRetry{.after = 1ms, .tries = {.failed = 2, .refused = 1}}});
    ASSERT_TRUE(reopen());
    EXPECT_EQ(outbox().outbox_state().waiting, 2U);
    ASSERT_THAT(outbox().dead_letters(0, 9), SizeIs(1));
    EXPECT_EQ(outbox().dead_letters(0, 9)[0].reason, "why");
    const auto again = lease_one(mac);
    EXPECT_THAT(event_ids(again), ElementsAre("2"));
    EXPECT_EQ(again.tries, (Tries{.failed = 2, .refused = 1}));
    record(mac, "5");
    deliver(again, 1);
    auto rest = drain_outbox();
    std::ranges::sort(rest);
    EXPECT_THAT(rest, ElementsAre("3", "5"));
}

} // namespace
} // namespace nanomdm::contract
