// Work that is done again: deadlocks, connections cut between two statements, a server that goes and comes
// back.
#include "storage/mysql/failure.hpp"
#include "support/process/child_process.hpp"
#include "unit/storage_mysql/failure_scene.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <latch>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace nanomdm::storage::mysql::test {
namespace {

class TransactionFailure : public testing::Test {
protected:
    TransactionFailure() {
        server().create_database("work");
        database_.run([](Session& session) {
            session.run("CREATE TABLE account (id INT PRIMARY KEY, amount INT NOT NULL) ENGINE=InnoDB");
            session.run("INSERT INTO account VALUES (1, 0), (2, 0), (3, 0), (4, 0)");
        });
    }

    [[nodiscard]] std::string amounts() {
        return database_.run([](Session& session) {
            return value(session, "SELECT GROUP_CONCAT(amount ORDER BY id) FROM account");
        });
    }

    static void add_one(Session& session, std::int64_t id) {
        session.execute("UPDATE account SET amount = amount + 1 WHERE id = ?", {id});
    }

    Database database_{endpoint_of(server(), "work"), PoolOptions{}};
};

TEST_F(TransactionFailure, ADeadlockIsSolvedByDoingTheWholeTransactionAgain) {
    std::latch both_hold_their_first{2};
    std::atomic<int> attempts{0};
    in_parallel(2, [&](int thread) {
        bool first = true;
        database_.transact([&](Session& session) {
            ++attempts;
            add_one(session, thread == 0 ? 1 : 2);
            if (std::exchange(first, false)) both_hold_their_first.arrive_and_wait();
            add_one(session, thread == 0 ? 2 : 1);
        });
    });
    EXPECT_EQ(amounts(), "2,2,0,0");
    EXPECT_EQ(attempts, 3) << "one of the two is the victim, once";
}

TEST_F(TransactionFailure, AConnectionCutBetweenStatementsLeavesNothingHalfDone) {
    constexpr std::int64_t statements = 3;
    for (std::int64_t cut_after = 0; cut_after <= statements; ++cut_after) { // the last one: before COMMIT
        Observer observer{server()};
        int attempts = 0;
        database_.transact([&](Session& session) {
            const bool first = ++attempts == 1;
            const auto id = std::stoll(value(session, "SELECT CONNECTION_ID()"));
            for (std::int64_t done = 0; done <= statements; ++done) {
                if (first && done == cut_after) observer.kill(id);
                if (done < statements) add_one(session, done + 1);
            }
        });
        EXPECT_EQ(attempts, 2);
        const auto n = std::to_string(cut_after + 1);
        EXPECT_EQ(amounts(), n + "," + n + "," + n + ",0") << "cut after statement " << cut_after;
    }
    EXPECT_LE(database_.pool().use().open, 1U) << "the dead connections are given up";
}

TEST_F(TransactionFailure, AStatementCutWhileItWaitsForALockIsDoneAgain) {
    Session blocker{endpoint_of(server(), "work")};
    blocker.begin();
    add_one(blocker, 2);
    Observer observer{server()};
    auto waiter = std::async(std::launch::async, [&] {
        database_.transact([](Session& session) {
            add_one(session, 1);
            add_one(session, 2);
        });
    });
    const auto victim = observer.first_waiting();
    EXPECT_NE(victim.statement.find("UPDATE account"), std::string::npos);
    observer.kill(victim.connection);
    blocker.rollback();
    waiter.get();
    EXPECT_EQ(amounts(), "1,1,0,0");
}

TEST_F(TransactionFailure, ALockHeldTooLongIsReportedAsUnavailable) {
    Session blocker{endpoint_of(server(), "work")};
    blocker.begin();
    add_one(blocker, 2);
    Database impatient{endpoint_of(server(), "work"), PoolOptions{}, 500ms};
    EXPECT_EQ(errc_of([&] {
                  impatient.transact([](Session& session) {
                      add_one(session, 1);
                      add_one(session, 2);
                  });
              }),
              Errc::unavailable);
    blocker.rollback();
    EXPECT_EQ(amounts(), "0,0,0,0") << "the first statement was rolled back too";
    impatient.transact([](Session& session) { add_one(session, 2); });
    EXPECT_EQ(amounts(), "0,1,0,0");
}

TEST_F(TransactionFailure, AnExceptionOfTheWorkItselfRollsBackAndIsNotRepeated) {
    int attempts = 0;
    EXPECT_THROW(database_.transact([&](Session& session) {
        ++attempts;
        add_one(session, 1);
        throw std::logic_error{"no"};
    }),
                 std::logic_error);
    EXPECT_EQ(attempts, 1);
    EXPECT_EQ(amounts(), "0,0,0,0");
    EXPECT_EQ(database_.pool().use().in_use, 0U);
}

TEST_F(TransactionFailure, NothingAcknowledgedIsLostWhenTheServerRestartsUnderLoad) {
    database_.run([](Session& session) {
        session.run("CREATE TABLE entry (thread INT, n INT, PRIMARY KEY (thread, n)) ENGINE=InnoDB");
    });
    constexpr int threads = 4;
    std::array<std::atomic<std::int64_t>, threads> acknowledged{};
    std::atomic<int> failed{0};
    std::atomic<bool> over{false};
    Database patient{endpoint_of(server(), "work"), PoolOptions{}, 20s};
    {
        std::vector<std::jthread> workers;
        for (int thread = 0; thread < threads; ++thread)
            workers.emplace_back([&, thread] {
                auto& count = acknowledged[static_cast<std::size_t>(thread)];
                while (!over) {
                    const std::int64_t next = count + 1;
                    try {
                        patient.transact([&](Session& session) {
                            session.execute("INSERT INTO entry (thread, n) VALUES (?, ?) ON DUPLICATE KEY "
                                            "UPDATE n = entry.n",
                                            {std::int64_t{thread}, next});
                            session.execute("UPDATE account SET amount = ? WHERE id = ?",
                                            {next, std::int64_t{thread + 1}});
                        });
                        count = next;
                    } catch (const Error& error) {
                        ++failed;
                        EXPECT_EQ(error.code(), Errc::unavailable) << error.what();
                    }
                }
            });
        for (const bool clean : {true, false, true, false}) {
            clean ? server().stop() : server().kill();
            server().start();
            const std::int64_t before = acknowledged[0];
            EXPECT_TRUE(nanomdm::test::eventually([&] { return acknowledged[0] > before + 20; }))
                << "work goes on after the restart";
        }
        over = true;
    }
    EXPECT_EQ(failed, 0) << "restarts shorter than the patience are not seen from outside";
    patient.run([&](Session& session) {
        for (std::int64_t thread = 0; thread < threads; ++thread) {
            auto rows = session.query("SELECT COUNT(*), MAX(n) FROM entry WHERE thread = ?", {thread});
            ASSERT_TRUE(rows.next());
            EXPECT_EQ(rows.integer(0), acknowledged[static_cast<std::size_t>(thread)]);
            EXPECT_EQ(rows.integer(1), acknowledged[static_cast<std::size_t>(thread)]);
            EXPECT_EQ(value(session, "SELECT amount FROM account WHERE id = " + std::to_string(thread + 1)),
                      std::to_string(acknowledged[static_cast<std::size_t>(thread)]));
        }
    });
}

} // namespace
} // namespace nanomdm::storage::mysql::test
