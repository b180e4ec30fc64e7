// The outbox in its tables: what recording costs, bodies larger than a packet, what is read and what is not.
#include "unit/storage_mysql/store_scene.hpp"

#include <limits>
#include <map>
#include <mutex>

namespace nanomdm::storage::mysql::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Enrollment mac = device("A1B2");
const Enrollment anna = user_of(mac, "ANNA");

template <class AnyMessage> AnyMessage told(AnyMessage message) {
    message.event = EventStamp{.id = "event", .created_at = TimePoint{1'700'000'000s}};
    return message;
}

class OutboxRows : public StoreTest {
protected:
    void record(const EnrollmentId& id, const std::string& event_id, std::string body = "{}") {
        storage().record_event({.id = event_id,
                                .topic = "mdm.Connect",
                                .created_at = TimePoint{1'000s},
                                .enrollment = id,
                                .body = std::move(body)});
    }
    std::vector<OutboxLane> lease(std::size_t events_each = 100) {
        return storage().lease_events({.lanes = 1000, .events_each = events_each, .bytes_each = 100'000'000});
    }
    void finish(const LaneVisit& visit) { storage().finish_lanes({&visit, 1}); }
    void deliver(const OutboxLane& lane) {
        finish({.enrollment = lane.enrollment,
                .lease = lane.lease,
                .delivered_through = lane.events.back().sequence});
    }
    void bury(const OutboxLane& lane) {
        finish({.enrollment = lane.enrollment, .lease = lane.lease, .buried_because = "refused"});
    }
    std::string rows() { return value("SELECT COUNT(*) FROM nanomdm_outbox_queue WHERE sequence > 0"); }

    /// As others have left them: 10 events in each lane, none due.
    void fill(int lanes) {
        const auto count = std::to_string(lanes);
        session().run(
            "CREATE TEMPORARY TABLE n (i INT) WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 "
            "FROM n WHERE i < " +
            count + " - 1) SELECT i FROM n");
        session().run("INSERT INTO nanomdm_outbox_queue (id, sequence, state, at, last_sequence) SELECT "
                      "CONCAT('other', i), 0, 1, UTC_TIMESTAMP(6) + INTERVAL 1 DAY, 10 FROM n");
        for (int sequence = 1; sequence <= 10; ++sequence)
            session().run(
                "INSERT INTO nanomdm_outbox_queue (id, sequence, state, at, event_id, topic, created_at, "
                "size, pieces, body) SELECT CONCAT('other', i), " +
                std::to_string(sequence) +
                ", 2, UTC_TIMESTAMP(6), 'e', 't', UTC_TIMESTAMP(), 2, 1, '{}' FROM n");
        session().run("DROP TEMPORARY TABLE n");
        (void)session().query("ANALYZE TABLE nanomdm_outbox_queue");
    }

    /// Rows that the server looks at for the work. The least of several times: the background looks, too.
    std::int64_t rows_read(const std::function<void()>& work) {
        auto least = std::numeric_limits<std::int64_t>::max();
        for (int time = 0; time < 5; ++time) {
            const auto before = rows_ever();
            work();
            least = std::min(least, rows_ever() - before);
        }
        return least - reading_costs_;
    }
    void SetUp() override {
        reading_costs_ = rows_read([] {});
    }

private:
    std::int64_t rows_ever() {
        return std::stoll(
            value("SELECT SUM(VARIABLE_VALUE) FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME "
                  "IN ('HANDLER_READ_FIRST', 'HANDLER_READ_KEY', 'HANDLER_READ_NEXT', "
                  "'HANDLER_READ_PREV', 'HANDLER_READ_RND', 'HANDLER_READ_RND_NEXT')"));
    }

    std::int64_t reading_costs_ = 0;
};

// --- What recording costs ---

TEST_F(OutboxRows, AnEventAddsOneRoundTrip) {
    enroll(mac);
    enroll(device("C3D4"));
    storage().store_token_update(token_update(anna));
    const auto cost = [&](const std::function<void()>& plain, const std::function<void()>& with_event) {
        const auto without = round_trips_of(plain);
        EXPECT_EQ(round_trips_of(with_event) - without, 1);
    };
    cost([&] { storage().store_authenticate(authenticate(mac), "pem"); },
         [&] { storage().store_authenticate(told(authenticate(mac)), "pem"); });
    cost([&] { storage().store_token_update(token_update(mac)); },
         [&] { storage().store_token_update(told(token_update(mac))); });
    cost([&] { storage().store_token_update(token_update(anna)); },
         [&] { storage().store_token_update(told(token_update(anna))); });
    cost([&] { storage().store_user_authenticate(user_authenticate(anna, "<u>", "")); },
         [&] { storage().store_user_authenticate(told(user_authenticate(anna, "<u>", ""))); });
    cost([&] { storage().store_bootstrap_token(set_bootstrap_token(mac, "token")); },
         [&] { storage().store_bootstrap_token(told(set_bootstrap_token(mac, "token"))); });
    storage().store_token_update(token_update(mac));
    storage().enqueue(command("c"), std::vector{mac.id});
    for (const auto* status : {"NotNow", "Acknowledged"}) {
        const auto report = command_report(mac, status, "c", "<report>");
        cost([&] { EXPECT_TRUE(storage().store_report(report)); },
             [&] { EXPECT_TRUE(storage().store_report(told(report))); });
    }
    cost([&] { storage().store_check_out(check_out(mac)); },
         [&] { storage().store_check_out(told(check_out(mac))); });
    EXPECT_EQ(round_trips_of([&] { record(mac.id, "alone"); }), 1);
    EXPECT_EQ(
        round_trips_of([&] { storage().store_report(told(command_report(mac, "Error", "unknown", "<r>"))); }),
        2);
}

TEST_F(OutboxRows, TheRoundTripsOfASenderDoNotGrowWithItsLanes) {
    for (int i = 0; i < 60; ++i) record(EnrollmentId{"M" + std::to_string(i)}, "e");
    EXPECT_LE(round_trips_of([&] {
                  std::vector<LaneVisit> visits;
                  for (const auto& lane : lease())
                      visits.push_back({.enrollment = lane.enrollment, .lease = lane.lease});
                  EXPECT_THAT(visits, SizeIs(60));
                  storage().finish_lanes(visits);
              }),
              7);
}

// --- Bodies larger than a packet ---

/// With a small packet, so that large bodies are not that large.
class LargeEvents : public OutboxRows {
protected:
    void SetUp() override {
        close_storage();
        before_ = value("SELECT @@GLOBAL.max_allowed_packet");
        session().run("SET GLOBAL max_allowed_packet = 1048576");
        open_storage(options());
    }
    void TearDown() override { session().run("SET GLOBAL max_allowed_packet = " + before_); }

    /// No two parts of it are the same.
    static std::string large(std::size_t size) {
        std::string body;
        for (int i = 0; body.size() < size; ++i) body += std::to_string(i) + ",";
        return body;
    }

private:
    std::string before_;
};

TEST_F(LargeEvents, ComeBackWholeAndGoWhole) {
    const auto body = large(5'000'000);
    record(mac.id, "small");
    record(mac.id, "large", body);
    record(mac.id, "behind");
    auto lanes = lease();
    ASSERT_THAT(lanes, SizeIs(1));
    ASSERT_THAT(lanes[0].events, SizeIs(3));
    EXPECT_TRUE(lanes[0].events[1].event.body == body);
    EXPECT_EQ(lanes[0].events[2].event.body, "{}");
    EXPECT_EQ(storage().outbox_state().waiting, 3U) << "pieces are no events";
    deliver(lanes[0]);
    EXPECT_EQ(rows(), "0");
}

TEST_F(LargeEvents, ComeHoweverFewAreAskedFor) {
    const auto body = large(5'000'000);
    record(mac.id, "large", body);
    record(mac.id, "behind");
    const auto lanes = storage().lease_events({.lanes = 1, .events_each = 1, .bytes_each = 1});
    ASSERT_THAT(lanes, SizeIs(1));
    ASSERT_THAT(lanes[0].events, SizeIs(1));
    EXPECT_TRUE(lanes[0].events[0].event.body == body);
    deliver(lanes[0]);
    EXPECT_EQ(rows(), "1");
}

TEST_F(LargeEvents, AreBuriedAndReplayedWhole) {
    const auto body = large(3'000'000);
    record(mac.id, "large", body);
    record(mac.id, "behind");
    bury(lease().at(0));
    const auto letters = storage().dead_letters(0, 10);
    ASSERT_THAT(letters, SizeIs(1));
    EXPECT_EQ(letters[0].event_id, "large");
    EXPECT_EQ(storage().replay_dead_letters(std::vector{letters[0].number}), 1U);
    const auto lanes = lease();
    ASSERT_THAT(lanes, SizeIs(1));
    ASSERT_THAT(lanes[0].events, SizeIs(2));
    EXPECT_EQ(lanes[0].events[0].event.id, "behind");
    EXPECT_TRUE(lanes[0].events[1].event.body == body);
    deliver(lanes[0]);
    EXPECT_EQ(rows(), "0");
}

TEST_F(LargeEvents, AreShedWhole) {
    record(mac.id, "large", large(3'000'000));
    bury(lease().at(0));
    record(mac.id, "another", large(3'000'000));
    record(mac.id, "last");
    EXPECT_EQ(storage().shed_events(2), 1U);
    EXPECT_THAT(storage().dead_letters(0, 10), IsEmpty());
    EXPECT_EQ(storage().shed_events(1), 1U);
    EXPECT_EQ(rows(), "1");
    EXPECT_EQ(lease().at(0).events.at(0).event.id, "last");
}

TEST_F(LargeEvents, NoDeviceIsHeldUpByTheSizeOfItsEvent) {
    // Its event has four thirds of that.
    const auto largest = storage().largest_message();
    enroll(mac);
    storage().enqueue(command("c"), std::vector{mac.id});
    const std::string raw = "<?xml version=\"1.0\"?>" + std::string(largest - 21, ' ');
    EXPECT_TRUE(storage().store_report(told(command_report(mac, "Acknowledged", "c", raw))));
    const auto lanes = lease();
    ASSERT_THAT(lanes, SizeIs(1));
    EXPECT_GT(lanes[0].events.at(0).event.body.size(), largest * 4 / 3);
    EXPECT_TRUE(lanes[0].events.at(0).event.body.ends_with("}}"));
}

// --- What is read ---

TEST_F(OutboxRows, OtherLanesAreNotRead) {
    fill(900);
    for (int i = 0; i < 3; ++i) record(mac.id, "e");
    EXPECT_LT(rows_read([&] { record(mac.id, "e"); }), 10);
    EXPECT_LT(rows_read([&] {
                  const auto lanes = lease(1);
                  ASSERT_THAT(lanes, SizeIs(1));
                  deliver(lanes[0]);
              }),
              30);
    EXPECT_LT(rows_read([&] { EXPECT_THAT(storage().dead_letters(0, 10), IsEmpty()); }), 10);
    EXPECT_LT(rows_read([&] {
                  record(mac.id, "dead");
                  bury(lease(1).at(0));
                  const auto letters = storage().dead_letters(0, 1);
                  ASSERT_THAT(letters, SizeIs(1));
                  EXPECT_EQ(storage().replay_dead_letters(std::vector{letters[0].number}), 1U);
              }),
              60);
    EXPECT_LT(rows_read([&] {
                  const auto stored = storage().outbox_state().waiting;
                  EXPECT_EQ(storage().shed_events(stored - 1), 1U);
              }),
              30'000)
        << "counting reads the index, twice";
}

TEST_F(OutboxRows, WhatIsBehindInALaneOrDeadInItIsNotRead) {
    fill(1);
    session().run(
        "UPDATE nanomdm_outbox_queue SET at = UTC_TIMESTAMP(6) WHERE id = 'other0' AND sequence = 0");
    for (int i = 0; i < 500; ++i) record(EnrollmentId{"other0"}, "e");
    for (int i = 0; i < 200; ++i) bury(lease(1).at(0));
    EXPECT_EQ(storage().outbox_state().dead, 200U);
    EXPECT_LT(rows_read([&] { deliver(lease(1).at(0)); }), 30);
}

TEST_F(OutboxRows, NumbersTooLargeForTheDatabaseAreOnlyLarge) {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    record(mac.id, "1");
    record(mac.id, "2");
    bury(lease(1).at(0));
    EXPECT_THAT(storage().dead_letters(0, most), SizeIs(1));
    EXPECT_THAT(storage().dead_letters(most, 10), IsEmpty());
    EXPECT_EQ(storage().replay_dead_letters(std::vector{most}), 0U);
    const auto lanes = storage().lease_events({.lanes = most, .events_each = most, .bytes_each = most});
    ASSERT_THAT(lanes, SizeIs(1));
    finish({.enrollment = mac.id, .lease = lanes[0].lease, .delivered_through = most});
    EXPECT_EQ(storage().outbox_state().waiting, 0U);
}

// --- Several processes ---

TEST_F(OutboxRows, ProcessesShareTheLanesAndNoneIsSentTwice) {
    constexpr int lanes = 150;
    constexpr int each = 6;
    MySqlStorage another{options()};
    std::mutex mutex;
    std::map<std::string, std::vector<int>> delivered;
    in_parallel(2, [&](int recorder) {
        for (int i = 0; i < each; ++i)
            for (int lane = recorder; lane < lanes; lane += 2)
                record(EnrollmentId{"M" + std::to_string(lane)}, std::to_string(i));
    });
    in_parallel(4, [&](int sender) {
        auto& mine = sender % 2 == 0 ? storage() : another;
        for (auto leased = mine.lease_events({.lanes = 7, .events_each = 4}); !leased.empty();
             leased = mine.lease_events({.lanes = 7, .events_each = 4})) {
            std::vector<LaneVisit> visits;
            for (const auto& lane : leased) {
                const std::lock_guard lock{mutex};
                for (const auto& event : lane.events)
                    delivered[lane.enrollment.str()].push_back(std::stoi(event.event.id));
                visits.push_back({.enrollment = lane.enrollment,
                                  .lease = lane.lease,
                                  .delivered_through = lane.events.back().sequence});
            }
            mine.finish_lanes(visits);
        }
    });
    EXPECT_THAT(delivered, SizeIs(lanes));
    for (const auto& [lane, order] : delivered) EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4, 5)) << lane;
    EXPECT_EQ(rows(), "0");
}

// --- Safety ---

TEST_F(OutboxRows, WhatABrokenStatementWouldStoreOverIsKept) {
    record(mac.id, "1");
    session().run("UPDATE nanomdm_outbox_queue SET last_sequence = 0 WHERE sequence = 0");
    EXPECT_THROW(record(mac.id, "2"), Error) << "loud, rather than an event lost";
    EXPECT_EQ(value("SELECT event_id FROM nanomdm_outbox_queue WHERE sequence = 1"), "1");
    EXPECT_EQ(value("SELECT last_sequence FROM nanomdm_outbox_queue WHERE sequence = 0"), "0");
}

} // namespace
} // namespace nanomdm::storage::mysql::test
