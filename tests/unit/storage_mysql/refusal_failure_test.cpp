// A server that answers, but does not do the work: read-only, full, too many connections.
#include "storage/mysql/failure.hpp"
#include "support/process/child_process.hpp"
#include "unit/storage_mysql/failure_scene.hpp"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nanomdm::storage::mysql::test {
namespace {

class Refusal : public testing::Test {
protected:
    Refusal() {
        server().create_database("work");
        server().sql("CREATE TABLE entry (n INT PRIMARY KEY) ENGINE=InnoDB", "work");
    }

    static void insert(Database& database, std::int64_t n) {
        database.run([n](Session& session) { session.execute("INSERT INTO entry VALUES (?)", {n}); });
    }
    static std::string entries() {
        auto text = server().sql("SELECT COALESCE(GROUP_CONCAT(n ORDER BY n), '') FROM entry", "work");
        text.pop_back();
        return text;
    }

    /// How often somebody began to do something, refusals included.
    static int statements_prepared() {
        return std::stoi(server().sql("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE "
                                      "VARIABLE_NAME = 'Com_stmt_prepare'"));
    }

    Database impatient_{endpoint_of(server(), "work"), PoolOptions{}, 300ms};
    Database patient_{endpoint_of(server(), "work"), PoolOptions{}, 20s};
};

TEST_F(Refusal, AReadOnlyServerIsUnavailableForWritesAndStillReads) {
    insert(impatient_, 1);
    {
        const GlobalSetting read_only{server(), "read_only", "1"};
        EXPECT_EQ(errc_of([&] { insert(impatient_, 2); }), Errc::unavailable);
        EXPECT_EQ(impatient_.run([](Session& session) { return value(session, "SELECT n FROM entry"); }),
                  "1");
    }
    insert(impatient_, 3);
    EXPECT_EQ(entries(), "1,3");
}

TEST_F(Refusal, AFailoverIsWaitedFor) {
    insert(patient_, 1);
    std::optional<GlobalSetting> read_only{std::in_place, server(), "read_only", "1"};
    const auto before = statements_prepared();
    auto writer = std::async(std::launch::async, [&] { insert(patient_, 2); });
    ASSERT_TRUE(nanomdm::test::eventually([&] { return statements_prepared() > before + 1; }));
    read_only.reset();
    writer.get();
    EXPECT_EQ(entries(), "1,2");
}

TEST_F(Refusal, TooManyConnectionsAreUnavailableUntilOneIsFree) {
    const GlobalSetting few{server(), "max_connections", "10"};
    std::vector<std::unique_ptr<Session>> others;
    while (others.size() <= 11) {
        try {
            others.push_back(std::make_unique<Session>(endpoint_of(server(), "work")));
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.number(), 1040);
            EXPECT_EQ(failure.kind(), FailureKind::not_ready);
            break;
        }
    }
    ASSERT_LE(others.size(), 10U);
    EXPECT_EQ(errc_of([&] { insert(impatient_, 1); }), Errc::unavailable);
    EXPECT_EQ(impatient_.pool().use().open, 0U);

    auto writer = std::async(std::launch::async, [&] { insert(patient_, 2); });
    others.pop_back();
    writer.get();
    EXPECT_EQ(entries(), "2");
}

TEST_F(Refusal, AFullPoolIsUnavailableAfterItsLongestWait) {
    PoolOptions one;
    one.size = 1;
    one.longest_wait = 100ms;
    Database narrow{endpoint_of(server(), "work"), one, 300ms};
    const auto lease = narrow.pool().take();
    EXPECT_EQ(errc_of([&] { insert(narrow, 1); }), Errc::unavailable);
}

TEST(FullDisk, IsReportedAsUnavailableAndLeavesNothingHalfWritten) {
    nanomdm::test::MariaDbServer::Options options;
    options.durability = nanomdm::test::Durability::relaxed;
    // Everything in one file that ends at 24 MiB.
    options.arguments = {"--innodb-data-file-path=ibdata1:12M:autoextend:max:24M",
                         "--innodb-file-per-table=OFF"};
    nanomdm::test::MariaDbServer full{options};
    full.create_database("work");
    Database database{endpoint_of(full, "work"), PoolOptions{}, 2s};
    database.run([](Session& session) {
        session.run(
            "CREATE TABLE part (n INT, half INT, bytes LONGBLOB, PRIMARY KEY (n, half)) ENGINE=InnoDB");
    });
    const std::string half(1 << 20, 'x');
    const auto write_both = [&](std::int64_t n) {
        database.transact([&](Session& session) {
            for (const std::int64_t which : {1, 2})
                session.execute("INSERT INTO part VALUES (?, ?, ?)", {n, which, half});
        });
    };
    const auto count = [&] {
        return database.run(
            [](Session& session) { return std::stoll(value(session, "SELECT COUNT(*) FROM part")); });
    };
    std::int64_t written = 0;
    std::optional<Failure> refused;
    while (!refused && written < 100) {
        try {
            write_both(written);
            ++written;
        } catch (const Failure& failure) {
            refused = failure;
        }
    }
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->number(), 1114);
    EXPECT_EQ(refused->code(), Errc::unavailable);
    EXPECT_GT(written, 0);
    EXPECT_EQ(count(), 2 * written);
    // Room again: what is there is as it was, and work goes on.
    full.stop();
    full.launch({"--innodb-data-file-path=ibdata1:12M:autoextend:max:64M"});
    full.wait_until_ready();
    EXPECT_EQ(count(), 2 * written);
    write_both(written);
    EXPECT_EQ(count(), 2 * written + 2);
}

} // namespace
} // namespace nanomdm::storage::mysql::test
