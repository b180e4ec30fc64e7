// A server that does not answer at all: waiting is bounded, and over when the server is back.
#include "storage/mysql/heartbeat.hpp"
#include "storage/mysql/mysql_storage.hpp"
#include "unit/storage_mysql/failure_scene.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace nanomdm::storage::mysql::test {
namespace {

class Silence : public testing::Test {
protected:
    Silence() { server().create_database("work"); }
    ~Silence() override { server().resume(); }

    [[nodiscard]] static Endpoint quick() {
        auto endpoint = endpoint_of(server(), "work");
        endpoint.connect_timeout = 1s;
        endpoint.read_timeout = 1s;
        endpoint.write_timeout = 1s;
        return endpoint;
    }
    static std::string ask(Database& database) {
        return database.run([](Session& session) { return value(session, "SELECT 42"); });
    }
};

TEST_F(Silence, OpenConnectionsAndNewOnesGiveUpInTimeAndRecover) {
    Database used{quick(), PoolOptions{}, 500ms};
    Database fresh{quick(), PoolOptions{}, 500ms};
    EXPECT_EQ(ask(used), "42");
    server().pause();
    std::atomic<int> unavailable{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&, i] {
                if (errc_of([&] { (void)ask(i < 4 ? used : fresh); }) == Errc::unavailable) ++unavailable;
            });
    } // that they end at all is the point: ctest's time-out is what catches one that does not
    EXPECT_EQ(unavailable, 8);
    server().resume();
    EXPECT_EQ(ask(used), "42");
    EXPECT_EQ(ask(fresh), "42");
    EXPECT_EQ(used.pool().use().in_use, 0U);
}

TEST_F(Silence, AShortOneIsNotNoticed) {
    Database database{quick(), PoolOptions{}, 20s};
    EXPECT_EQ(ask(database), "42");
    server().pause();
    auto asker = std::async(std::launch::async, [&] { return ask(database); });
    ASSERT_TRUE(nanomdm::test::eventually([&] { return database.pool().use().in_use == 1; }));
    server().resume();
    EXPECT_EQ(asker.get(), "42");
}

TEST_F(Silence, AHeartbeatEndsWhateverTheTimeOutsAreAndRecovers) {
    auto patient = endpoint_of(server(), empty_tables().name());
    patient.connect_timeout = patient.read_timeout = patient.write_timeout = 0s; // for ever
    Heartbeat used{patient};
    Heartbeat fresh{patient};
    EXPECT_NO_THROW(used.ask());
    server().pause();
    EXPECT_EQ(errc_of([&] { used.ask(); }), Errc::unavailable);
    EXPECT_EQ(errc_of([&] { fresh.ask(); }), Errc::unavailable);
    server().resume();
    EXPECT_NO_THROW(used.ask());
    EXPECT_NO_THROW(fresh.ask());
}

TEST_F(Silence, AHeartbeatOutlivesTheEndOfItsConnection) {
    Heartbeat heartbeat{endpoint_of(server(), empty_tables().name())};
    EXPECT_NO_THROW(heartbeat.ask());
    server().stop();
    EXPECT_EQ(errc_of([&] { heartbeat.ask(); }), Errc::unavailable);
    server().start();
    EXPECT_NO_THROW(heartbeat.ask());
}

TEST_F(Silence, ABusyPoolDoesNotKeepAStorageFromAnswering) {
    auto options = empty_tables().options();
    options.pool.size = 1;
    MySqlStorage storage{options};
    Observer observer{server()};
    observer.session().run("LOCK TABLES " + empty_tables().name() + ".devices WRITE");
    auto held_up =
        std::async(std::launch::async, [&] { return storage.enrollment(EnrollmentId{"A1B2"}).has_value(); });
    ASSERT_TRUE(nanomdm::test::eventually([&] { return storage.pool_use().in_use == 1; }));
    EXPECT_NO_THROW(storage.ping());
    observer.session().run("UNLOCK TABLES");
    EXPECT_FALSE(held_up.get());
}

TEST_F(Silence, AServerThatIsNotThereIsUnavailable) {
    server().stop();
    Database database{quick(), PoolOptions{}, 300ms};
    EXPECT_EQ(errc_of([&] { (void)ask(database); }), Errc::unavailable);
    server().start();
    EXPECT_EQ(ask(database), "42");
}

} // namespace
} // namespace nanomdm::storage::mysql::test
