// What the queues cost the database, counted by the server itself.
#include "unit/storage_mysql/queue_scene.hpp"

namespace nanomdm::storage::mysql::test {
namespace {

using contract::command;
using contract::device;

const Enrollment mac = device("A1B2");
const Enrollment old_mac = device("C3D4");

class QueueCost : public QueueScene {
protected:
    QueueCost() : QueueCost{nullptr} {}
    explicit QueueCost(const std::function<void(MySqlOptions&)>& change) : QueueScene{change} {
        for (const auto& one : {mac, old_mac}) enroll(one);
    }
};

TEST_F(QueueCost, IdleIsOneStatement) {
    (void)next(mac);
    EXPECT_EQ(statements([&] { EXPECT_EQ(next(mac), ""); }), 1);
    enqueue(command("c"), mac);
    EXPECT_EQ(statements([&] { EXPECT_EQ(next(mac), "c"); }), 1);
    EXPECT_EQ(statements([&] { EXPECT_EQ(next(mac, NotNow::passed_over), "c"); }), 1);
}

TEST_F(QueueCost, AReportAndTheNextCommandAreThreeStatements) {
    for (const auto& one : contract::commands("c", 4)) enqueue(one, mac);
    EXPECT_EQ(statements([&] {
                  EXPECT_TRUE(report(mac, "c1", "Acknowledged"));
                  EXPECT_EQ(next(mac), "c2");
              }),
              3);
    EXPECT_LE(statements([&] {
                  EXPECT_TRUE(report(mac, "c2", "NotNow"));
                  EXPECT_EQ(next(mac, NotNow::passed_over), "c3");
              }),
              3);
}

TEST_F(QueueCost, EnqueueingToOneIsFiveStatementsHoweverLongItsQueueIs) {
    EXPECT_LE(statements([&] { enqueue(command("c1"), mac); }), 5);
    for (const auto& one : contract::commands("d", 50)) enqueue(one, mac);
    EXPECT_LE(statements([&] { enqueue(command("c2"), mac); }), 5);
    EXPECT_LE(statements([&] { EXPECT_EQ(enqueue(command("c2"), mac), EnqueueOutcome::already_queued); }), 2);
}

TEST_F(QueueCost, EnqueueingToAThousandIsAsManyStatementsAsToOne) {
    std::vector<EnrollmentId> all;
    for (int i = 0; i < 60; ++i) {
        enroll(device("M" + std::to_string(i)));
        all.emplace_back("M" + std::to_string(i));
    }
    for (int i = 0; i < 940; ++i) all.emplace_back("unknown" + std::to_string(i));
    EXPECT_LE(statements([&] { storage().enqueue(command("c"), all); }), 5);
}

TEST_F(QueueCost, HistoryIsNotRead) {
    add_history(old_mac, "h", 20'000);
    const auto rows_read = [&](const Enrollment& one, const std::string& expected) {
        (void)next(one);
        return rise("'Handler_read_key', 'Handler_read_next', 'Handler_read_prev', 'Handler_read_rnd'",
                    [&] { EXPECT_EQ(next(one), expected); });
    };
    EXPECT_EQ(rows_read(old_mac, ""), rows_read(mac, ""));
    for (const auto& one : {mac, old_mac}) enqueue(command("c"), one);
    EXPECT_EQ(rows_read(old_mac, "c"), rows_read(mac, "c"));
    for (int i = 0; i < 100; ++i) enqueue(command("d" + std::to_string(i)), mac);
    EXPECT_EQ(rows_read(old_mac, "c"), rows_read(mac, "c")) << "nor is what comes behind the next";
}

class QueueCostWithDelete : public QueueCost {
protected:
    QueueCostWithDelete() : QueueCost{[](MySqlOptions& options) { options.delete_finished = true; }} {}
};

TEST_F(QueueCostWithDelete, AReportAndTheNextCommandAreThreeStatements) {
    for (const auto& one : contract::commands("c", 3)) enqueue(one, mac);
    EXPECT_EQ(statements([&] {
                  EXPECT_TRUE(report(mac, "c1", "Acknowledged"));
                  EXPECT_EQ(next(mac), "c2");
              }),
              3);
}

} // namespace
} // namespace nanomdm::storage::mysql::test
