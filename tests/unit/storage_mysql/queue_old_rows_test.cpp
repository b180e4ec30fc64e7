// Rows that NanoMDM wrote, before its database was taken over or after a going back.
#include "storage/mysql/old_rows.hpp"
#include "unit/storage_mysql/queue_scene.hpp"

namespace nanomdm::storage::mysql::test {
namespace {

using contract::command;
using contract::device;
using testing::ElementsAre;

const Enrollment mac = device("A1B2");
const Enrollment other_mac = device("C3D4");

class OldQueueRows : public QueueScene {
protected:
    OldQueueRows() {
        for (const auto& one : {mac, other_mac}) enroll(one);
    }
    /// A round of the background. @return its steps.
    int go_round() {
        OldRows rows;
        int steps = 1;
        while (rows.step(session())) ++steps;
        return steps;
    }
    [[nodiscard]] std::int64_t rows_where(const std::string& condition) {
        return number("SELECT COUNT(*) FROM enrollment_queue WHERE " + condition);
    }
};

TEST_F(OldQueueRows, AreServedInNanoMdmsOrder) {
    nanomdm_enqueues("b-same-second", mac, 0, "2024-05-06 07:08:09");
    nanomdm_enqueues("a-same-second", mac, 0, "2024-05-06 07:08:09");
    nanomdm_enqueues("earlier", mac, 0, "2024-05-06 07:08:08");
    nanomdm_enqueues("urgent", mac, 9, "2024-05-06 09:00:00");
    nanomdm_enqueues("not urgent", mac, -1, "2024-01-01 00:00:00");
    nanomdm_enqueues("of another", other_mac);
    EXPECT_THAT(drain(mac), ElementsAre("urgent", "earlier", "a-same-second", "b-same-second", "not urgent"));
    EXPECT_THAT(drain(other_mac), ElementsAre("of another"));
}

TEST_F(OldQueueRows, ComeBeforeWhatIsEnqueuedLater) {
    nanomdm_enqueues("second", mac, 0, "2024-05-06 07:08:09");
    nanomdm_enqueues("first", mac, 0, "2024-05-06 07:08:08");
    nanomdm_enqueues("of another", other_mac);
    storage().enqueue(command("ours"), contract::ids({mac, other_mac, device("unknown")}));
    EXPECT_EQ(rows_where("seq = 0"), 0);
    EXPECT_THAT(drain(mac), ElementsAre("first", "second", "ours"));
    EXPECT_THAT(drain(other_mac), ElementsAre("of another", "ours"));
}

TEST_F(OldQueueRows, ComeBehindWhatWasEnqueuedBeforeGoingBack) {
    enqueue(command("ours1"), mac);
    enqueue(command("ours2"), mac);
    nanomdm_enqueues("theirs", mac, 5, "2020-01-01 00:00:00");
    enqueue(command("ours3"), mac);
    nanomdm_enqueues("theirs again", mac, 0, "2019-01-01 00:00:00");
    EXPECT_EQ(next(mac), "theirs") << "its priority";
    EXPECT_THAT(drain(mac), ElementsAre("theirs", "ours1", "ours2", "ours3", "theirs again"));
}

TEST_F(OldQueueRows, APrioritySetByHandGoesBeforeTheOrder) {
    for (const auto& one : contract::commands("c", 4)) enqueue(one, mac);
    session().run("UPDATE enrollment_queue SET priority = 3 WHERE command_uuid = 'c3'");
    session().run("UPDATE enrollment_queue SET priority = -1 WHERE command_uuid = 'c1'");
    EXPECT_THAT(drain(mac), ElementsAre("c3", "c2", "c4", "c1"));
}

TEST_F(OldQueueRows, ResultsOfNanoMdmFinishCommands) {
    for (const auto& one : contract::commands("c", 4)) enqueue(one, mac);
    nanomdm_enqueues("old", mac);
    nanomdm_stores("c1", mac, "Acknowledged");
    nanomdm_stores("c2", mac, "NotNow");
    nanomdm_stores("c3", mac, "notnow"); // no status that it knows: final
    nanomdm_stores("old", mac, "Error");
    EXPECT_EQ(next(mac), "c2");
    EXPECT_EQ(next(mac, NotNow::passed_over), "c4");
    EXPECT_EQ(enqueue(command("c1"), mac), EnqueueOutcome::uuid_already_used);
    EXPECT_EQ(enqueue(command("c2"), mac), EnqueueOutcome::already_queued);
    EXPECT_EQ(enqueue(command("c3"), mac), EnqueueOutcome::uuid_already_used);
    EXPECT_TRUE(report(mac, "c1", "NotNow")) << "a late one";
    EXPECT_THAT(drain(mac), ElementsAre("c2", "c4"));
    EXPECT_EQ(storage().result(mac.id, CommandUuid{"c1"})->status.str(), "Acknowledged");
}

TEST_F(OldQueueRows, NotNowsOfNanoMdmAreCountedOn) {
    nanomdm_enqueues("c", mac);
    nanomdm_stores("c", mac, "NotNow");
    session().run("UPDATE command_results SET not_now_tally = 3, not_now_at = '2024-05-06 07:08:09'");
    EXPECT_EQ(next(mac, NotNow::passed_over), "");
    EXPECT_TRUE(report(mac, "c", "NotNow"));
    const auto result = storage().result(mac.id, CommandUuid{"c"});
    EXPECT_EQ(result->not_now_tally, 4);
    EXPECT_EQ(result->first_not_now_at, TimePoint{std::chrono::seconds{1714979289}});
}

TEST_F(OldQueueRows, ARoundNumbersWhatIsPendingAndMarksWhatIsNot) {
    nanomdm_enqueues("second", mac, 0, "2024-05-06 07:08:09");
    nanomdm_enqueues("first", mac, 1, "2024-05-06 07:08:09");
    nanomdm_enqueues("finished", mac);
    nanomdm_stores("finished", mac, "Acknowledged");
    nanomdm_enqueues("cleared", other_mac);
    session().run("UPDATE enrollment_queue SET active = 0 WHERE command_uuid = 'cleared'");
    session().run("UPDATE enrollment_queue SET updated_at = '2024-06-07 08:09:10'");
    go_round();
    EXPECT_EQ(rows_where("command_uuid = 'finished' AND done = 1"), 1);
    EXPECT_EQ(rows_where("command_uuid = 'first' AND seq = 1 AND done = 0"), 1);
    EXPECT_EQ(rows_where("command_uuid = 'second' AND seq = 2 AND done = 0"), 1);
    EXPECT_EQ(rows_where("command_uuid = 'cleared' AND seq = 0 AND done = 0"), 1) << "never served";
    EXPECT_EQ(rows_where("updated_at = '2024-06-07 08:09:10'"), 4) << "it is still as old";
    EXPECT_EQ(number("SELECT last_seq FROM nanomdm_queue_counters WHERE id = 'A1B2'"), 2);
    enqueue(command("third"), mac);
    EXPECT_THAT(drain(mac), ElementsAre("first", "second", "third"));
}

TEST_F(OldQueueRows, ALongHistoryOfNanoMdmsIsMarkedInSteps) {
    add_history(mac, "h", 3000);
    session().run("UPDATE enrollment_queue SET done = 0, seq = 0");
    nanomdm_enqueues("pending", mac);
    EXPECT_GE(go_round(), 6);
    EXPECT_EQ(rows_where("done = 0"), 1);
    EXPECT_EQ(next(mac), "pending");
}

TEST_F(OldQueueRows, ARoundGoesThroughAllEnrollments) {
    session().run("INSERT INTO devices (id, authenticate, authenticate_at) SELECT CONCAT('M', seq), '<?xml',"
                  " UTC_TIMESTAMP() FROM seq_1_to_1200");
    session().run(
        "INSERT INTO enrollments (id, device_id, type, topic, push_magic, token_hex, last_seen_at)"
        " SELECT id, id, 'Device', 't', 'm', 'aa', UTC_TIMESTAMP() FROM devices WHERE id LIKE 'M%'");
    session().run("INSERT INTO commands (command_uuid, request_type, command) VALUES ('c', 'T', '<?xml c')");
    session().run("INSERT INTO enrollment_queue (id, command_uuid) SELECT id, 'c' FROM enrollments");
    go_round();
    EXPECT_EQ(rows_where("seq = 1"), 1202);
}

TEST_F(OldQueueRows, AreNumberedOnceByManyWhoFindThem) {
    std::vector<std::string> expected;
    for (int i = 0; i < 40; ++i) {
        const std::string number = std::to_string(100 + i);
        nanomdm_enqueues("c" + number, mac);
        expected.push_back("c" + number);
    }
    at_once(8, [&](int i) {
        if (i % 2 == 0) {
            storage().enqueue(command("ours" + std::to_string(i)), std::vector{mac.id});
        } else {
            EXPECT_EQ(next(mac), "c100");
        }
    });
    auto delivered = drain(mac);
    ASSERT_EQ(delivered.size(), 44U);
    delivered.resize(40);
    EXPECT_EQ(delivered, expected);
}

} // namespace
} // namespace nanomdm::storage::mysql::test
