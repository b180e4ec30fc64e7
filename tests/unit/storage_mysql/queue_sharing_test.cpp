// Several processes on one database, and calls with many IDs.
#include "support/process/child_process.hpp"
#include "unit/storage_mysql/queue_scene.hpp"

#include <algorithm>
#include <future>
#include <map>
#include <set>

namespace nanomdm::storage::mysql::test {
namespace {

using contract::command;
using contract::device;
using testing::Each;
using testing::ElementsAre;
using enum EnqueueOutcome;

const Enrollment mac = device("A1B2");
const Enrollment other_mac = device("C3D4");

class QueueSharing : public QueueScene {
protected:
    [[nodiscard]] std::int64_t deadlocks() {
        return number("SELECT CAST(VARIABLE_VALUE AS INT) FROM information_schema.GLOBAL_STATUS"
                      " WHERE VARIABLE_NAME = 'Innodb_deadlocks'");
    }
    /// Waits until somebody waits for a row.
    [[nodiscard]] bool somebody_waits() {
        return nanomdm::test::eventually([&] {
            return number("SELECT CAST(VARIABLE_VALUE AS INT) FROM information_schema.GLOBAL_STATUS"
                          " WHERE VARIABLE_NAME = 'Innodb_row_lock_current_waits'") > 0;
        });
    }
    void enroll_many(int count) {
        session().run(
            "INSERT INTO devices (id, authenticate, authenticate_at) SELECT CONCAT('M', seq), '<?xml',"
            " UTC_TIMESTAMP() FROM seq_1_to_" +
            std::to_string(count));
        session().run(
            "INSERT INTO enrollments (id, device_id, type, topic, push_magic, token_hex, last_seen_at)"
            " SELECT id, id, 'Device', 't', 'm', 'aa', UTC_TIMESTAMP() FROM devices"
            " WHERE id LIKE 'M%'");
    }
};

TEST_F(QueueSharing, DevicesWanderWhileThreeProcessesEnqueue) {
    constexpr int processes = 3;
    constexpr int devices = 6;
    constexpr int each = 60;
    std::vector<std::unique_ptr<MySqlStorage>> storages;
    for (int i = 0; i < processes; ++i) storages.push_back(another_storage());
    std::vector<Enrollment> macs;
    for (int i = 0; i < devices; ++i) macs.push_back(device("M" + std::to_string(i)));
    for (const auto& one : macs) enroll(one);
    const auto deadlocks_before = deadlocks();

    std::vector<std::vector<std::string>> delivered(devices);
    at_once(processes + devices, [&](int thread) {
        if (thread < processes) {
            auto ids = contract::ids(macs);
            if (thread % 2 == 1) std::ranges::reverse(ids);
            for (int i = 0; i < each; ++i) {
                const auto one = command(std::to_string(thread) + "-" + std::to_string(i));
                EXPECT_THAT(storages[static_cast<std::size_t>(thread)]->enqueue(one, ids), Each(queued));
            }
            return;
        }
        auto& mine = delivered[static_cast<std::size_t>(thread - processes)];
        std::size_t round = 0;
        EXPECT_TRUE(nanomdm::test::eventually([&] {
            auto& storage = *storages[round++ % processes];
            for (const auto& uuid : drain(storage, macs[static_cast<std::size_t>(thread - processes)]))
                mine.push_back(uuid);
            return mine.size() >= processes * each;
        })) << "commands were lost";
    });
    for (const auto& mine : delivered) {
        EXPECT_EQ((std::set<std::string>{mine.begin(), mine.end()}).size(), mine.size()) << "delivered twice";
        std::map<char, int> next_of; // process: the number that comes next
        for (const auto& uuid : mine) EXPECT_EQ(std::stoi(uuid.substr(2)), next_of[uuid.front()]++) << uuid;
    }
    EXPECT_EQ(deadlocks(), deadlocks_before) << "everybody locks in the same order";
}

TEST_F(QueueSharing, AHundredThousandIdsInOneCall) {
    constexpr int count = 100'000;
    enroll_many(count);
    session().run("UPDATE enrollments SET enabled = 0 WHERE id = 'M77777'");
    std::vector<EnrollmentId> ids;
    for (int i = count; i > 0; --i) ids.emplace_back("M" + std::to_string(i));
    ids.emplace_back("unknown");
    ids.emplace_back("M1");
    std::vector<EnqueueOutcome> expected(ids.size(), queued);
    expected[count - 77'777] = enrollment_disabled;
    expected[count] = enrollment_not_found;
    expected[count + 1] = already_queued;
    EXPECT_EQ(storage().enqueue(command("c"), ids), expected);
    EXPECT_EQ(number("SELECT COUNT(*) FROM enrollment_queue WHERE seq = 1 AND done = 0 AND active = 1"),
              count - 1);
    EXPECT_EQ(next(device("M1")), "c");
    EXPECT_EQ(next(device("M100000")), "c");
    EXPECT_EQ(next(device("M77777")), "");
}

TEST_F(QueueSharing, ACallCutShortIsCompletedByTheSameCall) {
    enroll_many(2500);
    std::vector<EnrollmentId> ids;
    for (int i = 1; i <= 2500; ++i) ids.emplace_back("M" + std::to_string(i));
    // In the order of the keys, M999 is the last: its batch cannot commit, those before it can.
    session().begin();
    session().execute("UPDATE enrollments SET enabled = enabled WHERE id = 'M999'");
    const auto hasty =
        another_storage([](MySqlOptions& options) { options.patience = std::chrono::milliseconds{1}; });
    try {
        hasty->enqueue(command("c"), ids);
        ADD_FAILURE() << "enqueued to a row that was locked";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::unavailable) << error.what();
    }
    session().rollback();
    EXPECT_EQ(number("SELECT COUNT(*) FROM enrollment_queue"), 2000);
    EXPECT_EQ(number("SELECT COUNT(*) FROM enrollment_queue q JOIN nanomdm_queue_counters c USING (id)"
                     " WHERE q.seq = 1 AND c.last_seq = 1"),
              2000)
        << "a batch is whole or not at all";

    const auto again = hasty->enqueue(command("c"), ids);
    EXPECT_EQ(std::ranges::count(again, already_queued), 2000);
    EXPECT_EQ(std::ranges::count(again, queued), 500);
    for (const auto* id : {"M1", "M999", "M2500"}) EXPECT_THAT(drain(device(id)), ElementsAre("c")) << id;
}

TEST_F(QueueSharing, WhoIsBeingDisabledIsWaitedFor) {
    enroll(mac);
    session().begin();
    session().execute("UPDATE enrollments SET enabled = 0 WHERE id = ?", {std::string_view{mac.id.str()}});
    auto outcome = std::async(std::launch::async, [&] {
        return another_storage()->enqueue(command("c"), std::vector{mac.id}).at(0);
    });
    EXPECT_TRUE(somebody_waits());
    session().commit();
    EXPECT_EQ(outcome.get(), enrollment_disabled);
    EXPECT_EQ(next(mac), "");
}

TEST_F(QueueSharing, NumbersAreGivenOutInTheOrderOfCommits) {
    enroll(mac);
    enqueue(command("c1"), mac);
    // Another process has its number, and has not committed.
    session().begin();
    session().execute("UPDATE nanomdm_queue_counters SET last_seq = last_seq + 1 WHERE id = ?",
                      {std::string_view{mac.id.str()}});
    auto outcome = std::async(std::launch::async, [&] {
        return another_storage()->enqueue(command("c3"), std::vector{mac.id}).at(0);
    });
    EXPECT_TRUE(somebody_waits());
    session().execute(
        "INSERT INTO commands (command_uuid, request_type, command) VALUES ('c2', 'T', '<?xml c2')");
    session().execute("INSERT INTO enrollment_queue (id, command_uuid, seq) VALUES (?, 'c2', 2)",
                      {std::string_view{mac.id.str()}});
    session().commit();
    EXPECT_EQ(outcome.get(), queued);
    EXPECT_THAT(drain(mac), ElementsAre("c1", "c2", "c3"));
}

TEST_F(QueueSharing, AReportThatCrossesANewEnrollmentIsOfNoCommand) {
    enroll(mac);
    enqueue(command("c"), mac);
    session().begin();
    session().execute("UPDATE enrollment_queue SET active = 0 WHERE id = ?",
                      {std::string_view{mac.id.str()}});
    auto known = std::async(std::launch::async, [&] {
        return another_storage()->store_report(
            contract::command_report(mac, "Acknowledged", "c", "<?xml report"));
    });
    EXPECT_TRUE(somebody_waits());
    session().commit();
    EXPECT_FALSE(known.get());
    EXPECT_FALSE(storage().result(mac.id, CommandUuid{"c"})) << "all or nothing";
}

TEST_F(QueueSharing, TwoProcessesCannotGiveAUuidTwoMeanings) {
    enroll(mac);
    enroll(other_mac);
    for (int i = 0; i < 30; ++i) {
        const std::string uuid = "c" + std::to_string(i);
        const auto other = another_storage();
        std::vector<int> conflicts(2);
        at_once(2, [&](int side) {
            const Command one{CommandUuid{uuid}, RequestType{"T"}, side == 0 ? "<?xml a" : "<?xml b"};
            try {
                (side == 0 ? storage() : *other).enqueue(one, std::vector{side == 0 ? mac.id : other_mac.id});
            } catch (const Error& error) {
                EXPECT_EQ(error.code(), Errc::conflict) << error.what();
                conflicts[static_cast<std::size_t>(side)] = 1;
            }
        });
        EXPECT_EQ(conflicts[0] + conflicts[1], 1) << uuid;
        EXPECT_EQ(next(mac), conflicts[0] == 0 ? uuid : "");
        EXPECT_EQ(next(other_mac), conflicts[1] == 0 ? uuid : "");
        for (const auto& one : {mac, other_mac}) (void)drain(one);
    }
}

} // namespace
} // namespace nanomdm::storage::mysql::test
