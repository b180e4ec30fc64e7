// Every writing operation, stopped at each statement that can be stopped: it leaves nothing half done, and
// done again it leaves just what it leaves undisturbed.
#include "storage/mysql/mysql_storage.hpp"
#include "unit/storage_mysql/disturbed_operations.hpp"
#include "unit/storage_mysql/failure_scene.hpp"

#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <string>

namespace nanomdm::storage::mysql::test {
namespace {

MySqlOptions options(std::chrono::milliseconds patience) {
    MySqlOptions options;
    options.endpoint = endpoint_of(server(), "failures");
    options.patience = patience;
    return options;
}

/// The tables as they are before each operation.
void start_over() {
    MySqlStorage storage{empty_tables().options()};
    fill(storage);
}

std::string current() {
    Session session{endpoint_of(server(), "failures")};
    return dump(session);
}

/// Takes locks by a SELECT or an INSERT.
void take(Session& session, const std::string& statement) {
    if (statement.starts_with("SELECT"))
        (void)session.query(statement);
    else
        session.execute(statement);
}

struct Outcome {
    std::string answer;
    std::string tables;
};

/// What the operation does when nobody disturbs it.
Outcome undisturbed(const Operation& operation) {
    start_over();
    MySqlStorage storage{options(5s)};
    auto answer = operation.run(storage);
    return {std::move(answer), current()};
}

class Cut : public testing::TestWithParam<Obstacle> {};

TEST_P(Cut, LeavesNothingHalfDone) {
    start_over();
    const auto before = current();
    MySqlStorage storage{options(0ms)};
    std::future<std::string> done; // waited for after the lock is gone, whatever happens
    Session other{endpoint_of(server(), "failures")};
    other.begin();
    take(other, GetParam().lock);
    Observer observer{server()};
    done = std::async(std::launch::async, [&] { return GetParam().operation.run(storage); });
    observer.kill(observer.first_waiting().connection);
    EXPECT_EQ(errc_of([&] { (void)done.get(); }), Errc::unavailable);
    other.rollback();
    EXPECT_EQ(current(), before);
}

TEST_P(Cut, IsDoneAgainAndLeavesNoTrace) {
    const auto expected = undisturbed(GetParam().operation);
    start_over();
    MySqlStorage storage{options(20s)};
    std::future<std::string> done; // waited for after the lock is gone, whatever happens
    Session other{endpoint_of(server(), "failures")};
    other.begin();
    take(other, GetParam().lock);
    Observer observer{server()};
    done = std::async(std::launch::async, [&] { return GetParam().operation.run(storage); });
    observer.kill(observer.first_waiting().connection);
    other.rollback();
    EXPECT_EQ(done.get(), expected.answer);
    EXPECT_EQ(current(), expected.tables);
}

INSTANTIATE_TEST_SUITE_P(, Cut, testing::ValuesIn(obstacles()), [](const auto& test) {
    return test.param.operation.name + "At" + test.param.where;
});

class Collided : public testing::TestWithParam<Collision> {};

TEST_P(Collided, IsSolvedByDoingItAgain) {
    const auto expected = undisturbed(GetParam().operation);
    start_over();
    MySqlStorage storage{options(20s)};
    Observer observer{server()};
    const auto deadlocks = [&] {
        return std::stoi(value(observer.session(),
                               "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS "
                               "WHERE VARIABLE_NAME = 'Innodb_deadlocks'"));
    };
    std::future<std::string> done;
    Session other{endpoint_of(server(), "failures")};
    other.begin();
    // InnoDB ends the transaction that has done less: not this one.

    other.run("INSERT INTO commands (command_uuid, request_type, command) WITH RECURSIVE n AS (SELECT 1 AS i "
              "UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT CONCAT('weight', i), 'T', '<?xml' FROM n");
    take(other, GetParam().holds);
    done = std::async(std::launch::async, [&] { return GetParam().operation.run(storage); });
    (void)observer.first_waiting();
    const int before = deadlocks();
    EXPECT_NO_THROW(take(other, GetParam().wants)) << "the operation was to be the one that is rolled back";
    EXPECT_EQ(deadlocks(), before + 1);
    other.rollback();
    EXPECT_EQ(done.get(), expected.answer);
    EXPECT_EQ(current(), expected.tables);
}

INSTANTIATE_TEST_SUITE_P(, Collided, testing::ValuesIn(collisions()), [](const auto& test) {
    return test.param.operation.name + std::to_string(test.index);
});

TEST(ReadOnly, EveryWriteIsUnavailableAndEveryReadGoesOn) {
    start_over();
    const auto before = current();
    MySqlStorage storage{options(0ms)};
    const EnrollmentId mac{"MAC"};
    {
        const GlobalSetting read_only{server(), "read_only", "1"};
        for (const auto& operation : operations())
            EXPECT_EQ(errc_of([&] { (void)operation.run(storage); }), Errc::unavailable) << operation.name;
        EXPECT_TRUE(storage.enrollment(mac));
        EXPECT_TRUE(storage.next_command(mac, NotNow::candidates));
        EXPECT_TRUE(storage.bootstrap_token(mac));
        EXPECT_TRUE(storage.push_targets(std::vector{mac}).at(0));
    }
    EXPECT_EQ(current(), before);
    for (const auto& operation : operations())
        EXPECT_NO_THROW((void)operation.run(storage)) << operation.name;
}

} // namespace
} // namespace nanomdm::storage::mysql::test
