// `delete=1` and `retention`: what goes, and what must not.
#include "storage/mysql/database.hpp"
#include "storage/mysql/failure.hpp"
#include "storage/mysql/queue_upkeep.hpp"
#include "storage/mysql/retention.hpp"
#include "support/process/child_process.hpp"
#include "unit/storage_mysql/queue_scene.hpp"

#include <atomic>

namespace nanomdm::storage::mysql::test {
namespace {

using namespace std::chrono_literals;
using contract::command;
using contract::device;
using testing::ElementsAre;

const Enrollment mac = device("A1B2");
const Enrollment other_mac = device("C3D4");

class QueueRetention : public QueueScene {
protected:
    QueueRetention() : QueueRetention{nullptr} {}
    explicit QueueRetention(const std::function<void(MySqlOptions&)>& change) : QueueScene{change} {
        for (const auto& one : {mac, other_mac}) enroll(one);
    }
    /// @return the round's steps.
    int go_round(Session& session, std::optional<std::chrono::seconds> kept = std::chrono::hours{24}) {
        Retention retention{kept, 10min};
        int steps = 1;
        while (retention.step(session)) ++steps;
        return steps;
    }
    int go_round() { return go_round(session()); }
    /// Everything in the database happened two days ago.
    void age() {
        for (const char* table : {"commands", "enrollment_queue", "command_results"})
            session().run(
                "UPDATE " + std::string{table} +
                " SET created_at = created_at - INTERVAL 2 DAY, updated_at = updated_at - INTERVAL 2 DAY");
    }
    [[nodiscard]] std::int64_t count(const std::string& table) {
        return number("SELECT COUNT(*) FROM " + table);
    }
};

TEST_F(QueueRetention, OldResultsGoWithTheirRowsAndCommands) {
    for (const auto& one : contract::commands("c", 3)) enqueue(one, mac);
    report(mac, "c1", "Acknowledged");
    report(mac, "c2", "Error");
    age();
    go_round();
    EXPECT_FALSE(storage().result(mac.id, CommandUuid{"c1"}));
    EXPECT_EQ(count("command_results"), 0);
    EXPECT_EQ(count("enrollment_queue"), 1);
    EXPECT_EQ(count("commands"), 1);
    EXPECT_EQ(enqueue(command("c1"), mac), EnqueueOutcome::queued) << "forgotten";
    EXPECT_THAT(drain(mac), ElementsAre("c3", "c1"));
}

TEST_F(QueueRetention, WhatIsYoungStays) {
    for (const auto& one : contract::commands("c", 3)) enqueue(one, mac);
    report(mac, "c1", "Acknowledged");
    report(mac, "c2", "NotNow");
    go_round();
    EXPECT_EQ(count("command_results"), 2);
    EXPECT_EQ(count("enrollment_queue"), 3);
    EXPECT_EQ(count("commands"), 3);
}

TEST_F(QueueRetention, WhatIsPendingStaysHoweverOld) {
    for (const auto& one : contract::commands("c", 2)) enqueue(one, mac);
    nanomdm_enqueues("theirs", mac);
    report(mac, "c1", "NotNow");
    age();
    go_round();
    EXPECT_EQ(storage().result(mac.id, CommandUuid{"c1"})->not_now_tally, 1);
    EXPECT_THAT(drain(mac), ElementsAre("c1", "c2", "theirs"));
}

TEST_F(QueueRetention, WhatIsReportedAnewIsYoung) {
    enqueue(command("c"), mac);
    report(mac, "c", "Error");
    age();
    report(mac, "c", "Acknowledged");
    go_round();
    EXPECT_EQ(storage().result(mac.id, CommandUuid{"c"})->status.str(), "Acknowledged");
    EXPECT_TRUE(report(mac, "c", "Acknowledged"));
}

TEST_F(QueueRetention, WhatWasClearedLongAgoGoes) {
    for (const auto& one : contract::commands("c", 2)) enqueue(one, mac);
    report(mac, "c1", "NotNow");
    enroll(mac);
    go_round();
    EXPECT_EQ(count("enrollment_queue"), 2) << "cleared just now";
    age();
    go_round();
    EXPECT_EQ(count("enrollment_queue"), 0);
    EXPECT_EQ(count("command_results"), 0);
    EXPECT_EQ(count("commands"), 0);
}

TEST_F(QueueRetention, AResultOfNanoMdmsIsEnoughForARowToGo) {
    nanomdm_enqueues("c", mac);
    nanomdm_stores("c", mac, "Acknowledged");
    age();
    go_round();
    EXPECT_EQ(count("enrollment_queue"), 0);
    EXPECT_EQ(count("command_results"), 0);
}

TEST_F(QueueRetention, ManyRowsGoInManySteps) {
    add_history(mac, "h", 2600);
    enqueue(command("c"), mac);
    age();
    EXPECT_GE(go_round(), 2600 / 500);
    EXPECT_EQ(count("command_results"), 0);
    EXPECT_EQ(count("enrollment_queue"), 1);
    EXPECT_EQ(count("commands"), 1);
    EXPECT_THAT(drain(mac), ElementsAre("c"));
}

TEST_F(QueueRetention, SeveralProcessesMayDoItAtOnce) {
    add_history(mac, "h", 3000);
    add_history(other_mac, "i", 1000);
    enqueue(command("c"), mac);
    age();
    const auto where = endpoint();
    at_once(3, [&](int) {
        Session own{where};
        go_round(own);
    });
    go_round(); // what one passed over because another had it
    EXPECT_EQ(count("command_results"), 0);
    EXPECT_EQ(count("enrollment_queue"), 1);
    EXPECT_EQ(count("commands"), 1);
}

TEST_F(QueueRetention, TheThreadDoesItAllAndEndsAtOnce) {
    add_history(mac, "h", 1200);
    nanomdm_enqueues("theirs", mac);
    age();
    MySqlOptions options;
    options.retention = 24h;
    Database database{endpoint(), {}};
    const QueueUpkeep upkeep{database, options, {.between_steps = 1ms}};
    EXPECT_TRUE(nanomdm::test::eventually([&] {
        return count("command_results") == 0 && count("commands") == 1 &&
               number("SELECT seq FROM enrollment_queue") > 0;
    }));
}

class QueueDeletion : public QueueRetention {
protected:
    QueueDeletion() : QueueRetention{[](MySqlOptions& options) { options.delete_finished = true; }} {}
};

TEST_F(QueueDeletion, ACommandGoesOnceAnswered) {
    storage().enqueue(command("shared"), contract::ids({mac, other_mac}));
    EXPECT_TRUE(report(mac, "shared", "NotNow"));
    EXPECT_EQ(storage().result(mac.id, CommandUuid{"shared"})->not_now_tally, 1);
    EXPECT_TRUE(report(mac, "shared", "Acknowledged"));
    EXPECT_FALSE(storage().result(mac.id, CommandUuid{"shared"}));
    EXPECT_EQ(next(mac), "");
    EXPECT_FALSE(report(mac, "shared", "Acknowledged")) << "nothing is known of it any more";
    EXPECT_EQ(next(other_mac), "shared");

    age();
    go_round(session(), std::nullopt);
    EXPECT_THAT(drain(other_mac), ElementsAre("shared"));
    EXPECT_EQ(count("commands"), 1);
    go_round(session(), std::nullopt);
    EXPECT_EQ(count("commands"), 0);
}

TEST_F(QueueDeletion, AnUnusedCommandStaysForTenMinutes) {
    enqueue(command("c"), mac);
    EXPECT_THAT(drain(mac), ElementsAre("c"));
    go_round(session(), std::nullopt);
    EXPECT_EQ(count("commands"), 1);
    session().run("UPDATE commands SET created_at = UTC_TIMESTAMP() - INTERVAL 11 MINUTE");
    go_round(session(), std::nullopt);
    EXPECT_EQ(count("commands"), 0);
}

TEST_F(QueueDeletion, AClearedCommandIsKeptForRetention) {
    enqueue(command("c"), mac);
    enroll(mac);
    EXPECT_FALSE(report(mac, "c", "Acknowledged"));
    age();
    go_round(session(), std::nullopt);
    EXPECT_EQ(count("enrollment_queue"), 1);
    EXPECT_EQ(enqueue(command("c"), mac), EnqueueOutcome::uuid_already_used);
}

TEST_F(QueueDeletion, ACommandEnqueuedWhileItIsLetGoArrives) {
    std::atomic<bool> over{false};
    const auto where = endpoint();
    at_once(3, [&](int thread) {
        if (thread == 0) {
            for (int i = 0; i < 300; ++i) {
                if (enqueue(command("c"), mac) != EnqueueOutcome::queued || next(mac) != "c")
                    ADD_FAILURE() << "lost at " << i;
                (void)drain(mac);
            }
            over = true;
        } else {
            Session own{where};
            while (!over) {
                try {
                    Retention unused{std::nullopt, -1s};
                    while (unused.step(own)) {
                    }
                } catch (const Failure& failure) { // the thread of upkeep goes on with the next step
                    own.rollback();
                    EXPECT_EQ(failure.kind(), FailureKind::conflict) << failure.what();
                }
            }
        }
    });
}

} // namespace
} // namespace nanomdm::storage::mysql::test
