// Where the webhook's events lie on disk, for how long, and what damage there does.
#include "faulty_files.hpp"
#include "fixtures.hpp"
#include "storage/file/file_storage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::storage::file {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class EventLogTest : public testing::Test {
protected:
    FileOptions options() {
        FileOptions chosen{.directory = directory_.store()};
        chosen.event_file_bytes = 8 << 10;
        chosen.has_background_thread = false;
        chosen.files = &files_;
        return chosen;
    }
    static void record(OutboxStore& outbox, const EnrollmentId& id, const std::string& event,
                       const std::string& body = R"({"event":"é"})") {
        outbox.record_event({event, "mdm.Connect", TimePoint{std::chrono::seconds{1}}, id, body});
    }
    static std::vector<std::string> ids(const OutboxLane& lane) {
        std::vector<std::string> all;
        for (const auto& event : lane.events) all.push_back(event.event.id);
        return all;
    }
    /// The lane of the enrollment; the others are given back.
    static OutboxLane lease(OutboxStore& outbox, const EnrollmentId& id) {
        OutboxLane found{.enrollment = id, .lease = {}, .events = {}, .tries = {}};
        for (auto& lane : outbox.lease_events({.lanes = 100, .events_each = 1000})) {
            if (lane.enrollment == id)
                found = std::move(lane);
            else
                finish(outbox, {.enrollment = lane.enrollment, .lease = lane.lease});
        }
        return found;
    }
    static void finish(OutboxStore& outbox, const LaneVisit& visit) { outbox.finish_lanes({&visit, 1}); }
    static void deliver(OutboxStore& outbox, const EnrollmentId& id) {
        const auto lane = lease(outbox, id);
        finish(outbox,
               {.enrollment = id, .lease = lane.lease, .delivered_through = lane.events.back().sequence});
    }
    [[nodiscard]] std::vector<fs::path> log_files() const {
        std::vector<fs::path> all{fs::directory_iterator{directory_.store() / "events"}, {}};
        std::ranges::sort(all);
        return all;
    }
    [[nodiscard]] std::uintmax_t log_bytes() const {
        std::uintmax_t bytes = 0;
        for (const auto& file : log_files()) bytes += fs::file_size(file);
        return bytes;
    }

    const EnrollmentId mac_{"MAC"};
    const EnrollmentId stuck_{"STUCK"};
    TemporaryDirectory directory_;
    UnflushedFiles files_;
};

TEST_F(EventLogTest, WhatWaitsCanBeReadByAPerson) {
    FileStorage storage{options()};
    record(storage, mac_, "1");
    storage.checkpoint();
    ASSERT_EQ(log_files().size(), 1U);
    EXPECT_THAT(contents(log_files()[0]), HasSubstr("\n{\"event\":\"é\"}\n"));
}

TEST_F(EventLogTest, WhatWasDeliveredInTimeIsNeverWritten) {
    FileStorage storage{options()};
    record(storage, mac_, "1", std::string(1000, 'x'));
    deliver(storage, mac_);
    record(storage, mac_, "2", "{}");
    storage.checkpoint();
    EXPECT_THAT(contents(log_files().at(0)), Not(HasSubstr("xxx")));
    EXPECT_THAT(ids(lease(storage, mac_)), ElementsAre("2"));
}

TEST_F(EventLogTest, ManyEventsAreWrittenWithoutTheFilesOfTheirEnrollments) {
    {
        FileStorage storage{options()};
        const auto mac = device("MAC");
        storage.store_authenticate(authenticate(mac), "");
        record(storage, mac_, "1", std::string(1000, 'x'));
        storage.write_events();
        EXPECT_THAT(contents(log_files().at(0)), HasSubstr("xxx"));
        EXPECT_TRUE(fs::is_empty(directory_.store() / "enrollments"));
        record(storage, mac_, "2");
        storage.write_events();
        EXPECT_THAT(ids(lease(storage, mac_)), ElementsAre("1", "2"));
        storage.write_events(); // nothing to write
    }
    EXPECT_EQ(findings(directory_.store()), "");
    FileStorage again{options()};
    EXPECT_THAT(ids(lease(again, mac_)), ElementsAre("1", "2"));
}

TEST_F(EventLogTest, EventsWrittenAloneAreFlushedBeforeTheJournalLetsGo) {
    class CountingFiles final : public PosixFiles {
    public:
        int flushes = 0;
        void sync_filesystem(const std::string&) override { ++flushes; }
    } files;
    auto chosen = options();
    chosen.files = &files;
    FileStorage storage{chosen};
    record(storage, mac_, "1");
    storage.checkpoint();
    record(storage, mac_, "2");
    storage.write_events();
    files.flushes = 0;
    storage.checkpoint(); // has nothing to write itself
    EXPECT_GE(files.flushes, 1);
}

TEST_F(EventLogTest, AFewEventsThatWaitKeepNoOldFiles) {
    std::vector<std::string> waiting;
    const auto look = [&](FileStorage& storage) {
        const auto lane = lease(storage, stuck_);
        EXPECT_EQ(ids(lane), waiting);
        EXPECT_EQ(lane.tries, (Tries{.failed = 7, .refused = 2}));
        EXPECT_EQ(lane.events.at(0).event.body, "{\"first\":1}");
        finish(storage, {.enrollment = stuck_, .lease = lane.lease});
        const auto dead = storage.dead_letters(0, 10);
        ASSERT_EQ(dead.size(), 1U);
        EXPECT_EQ(dead[0].event_id, "dead");
        EXPECT_EQ(dead[0].reason, "404 not found");
        EXPECT_EQ(dead[0].created_at, TimePoint{std::chrono::seconds{1}});
    };
    {
        FileStorage storage{options()};
        record(storage, EnrollmentId{"gone"}, "dead");
        const auto grave = lease(storage, EnrollmentId{"gone"});
        finish(storage,
               {.enrollment = grave.enrollment, .lease = grave.lease, .buried_because = "404 not found"});
        record(storage, stuck_, "first", "{\"first\":1}");
        waiting.emplace_back("first");
        const auto lane = lease(storage, stuck_);
        finish(storage, {.enrollment = stuck_,
                         .lease = lane.lease,
                         .retry = LaneRetry{.after = std::chrono::milliseconds{0},
                                            .tries = {.failed = 7, .refused = 2}}});
        for (int i = 0; i < 400; ++i) {
            record(storage, mac_, std::to_string(i), std::string(1000, 'x'));
            storage.checkpoint();
            if (i % 50 == 0) {
                record(storage, stuck_, "s" + std::to_string(i));
                waiting.push_back("s" + std::to_string(i));
            }
            deliver(storage, mac_);
        }
        storage.checkpoint();
        EXPECT_LT(log_bytes(), 40'000U) << "of 400,000";
        EXPECT_NE(log_files().front().filename(), "0000000001.log");
        look(storage);
    }
    EXPECT_EQ(findings(directory_.store()), "");
    FileStorage again{options()};
    look(again);
    EXPECT_EQ(again.outbox_state().waiting, waiting.size());
}

TEST_F(EventLogTest, ADrainedBacklogLeavesLittleBehind) {
    FileStorage storage{options()};
    for (int i = 0; i < 300; ++i) {
        record(storage, mac_, std::to_string(i), std::string(1000, 'x'));
        if (i % 20 == 0) storage.checkpoint();
    }
    storage.checkpoint();
    EXPECT_GT(log_bytes(), 300'000U);
    deliver(storage, mac_);
    storage.checkpoint();
    EXPECT_LT(log_bytes(), 3'000U);
    EXPECT_EQ(storage.outbox_state().waiting, 0U);
}

TEST_F(EventLogTest, AReplayedEventKeepsItsPlaceBehindTheOthersAfterARestart) {
    {
        FileStorage storage{options()};
        record(storage, mac_, "1");
        storage.checkpoint();
        const auto lane = lease(storage, mac_);
        finish(storage, {.enrollment = mac_, .lease = lane.lease, .buried_because = "x"});
        storage.checkpoint();
        record(storage, mac_, "2");
        EXPECT_EQ(storage.replay_dead_letters(std::vector{storage.dead_letters(0, 1).at(0).number}), 1U);
        record(storage, mac_, "3");
    }
    FileStorage storage{options()};
    EXPECT_THAT(ids(lease(storage, mac_)), ElementsAre("2", "1", "3"));
}

TEST_F(EventLogTest, ShedEventsStayAwayAfterARestart) {
    {
        FileStorage storage{options()};
        for (const char* event : {"1", "2", "3"}) record(storage, mac_, event);
        record(storage, stuck_, "4");
        storage.checkpoint();
        EXPECT_EQ(storage.shed_events(2), 2U);
    }
    FileStorage storage{options()};
    EXPECT_THAT(ids(lease(storage, mac_)), ElementsAre("3"));
    EXPECT_THAT(ids(lease(storage, stuck_)), ElementsAre("4"));
}

TEST_F(EventLogTest, ARetryIsStillOutstandingAfterARestart) {
    {
        FileStorage storage{options()};
        record(storage, mac_, "1");
        const auto lane = lease(storage, mac_);
        finish(storage, {.enrollment = mac_,
                         .lease = lane.lease,
                         .retry = LaneRetry{.after = std::chrono::minutes{5}, .tries = {.failed = 1}}});
    }
    FileStorage storage{options()};
    EXPECT_THAT(storage.lease_events({.lanes = 9}), IsEmpty());
    EXPECT_EQ(storage.outbox_state().waiting, 1U);
}

TEST_F(EventLogTest, DamageCostsTheEventsItHitAndNoMore) {
    {
        FileStorage storage{options()};
        record(storage, mac_, "1");
        record(storage, mac_, "2", "{\"hit\":1}");
        record(storage, mac_, "3");
    }
    auto bytes = contents(log_files().at(0));
    bytes.replace(bytes.find("hit"), 3, "HIT");
    overwrite(log_files().at(0), bytes);
    EXPECT_THAT(findings(directory_.store()), HasSubstr("0000000001.log: is damaged at byte "));
    FileStorage storage{options()};
    EXPECT_THAT(ids(lease(storage, mac_)), ElementsAre("1", "3"));
}

TEST_F(EventLogTest, AStoreOfVersion1IsOpenedAndIsOneOfVersion2Then) {
    const auto version = directory_.store() / "VERSION";
    { FileStorage storage{options()}; }
    fs::remove(directory_.store() / "events");
    overwrite(version, "nanomdm file store, version 1\n");
    EXPECT_EQ(findings(directory_.store()), "");
    EXPECT_EQ(contents(version), "nanomdm file store, version 1\n") << "a check changes nothing";
    FileStorage storage{options()};
    EXPECT_EQ(contents(version), "nanomdm file store, version 2\n");
    record(storage, mac_, "1");
    storage.checkpoint();
    EXPECT_THAT(ids(lease(storage, mac_)), ElementsAre("1"));
}

} // namespace
} // namespace nanomdm::storage::file
