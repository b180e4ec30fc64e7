// The real binary on a real MariaDB: its schema, its limits, and several servers on one database.
#include "e2e/fleet_load.hpp"
#include "e2e/ops_address.hpp"
#include "e2e/scene.hpp"
#include "support/database/mariadb_server.hpp"
#include "support/metrics_text.hpp"

#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace nanomdm::test {
namespace {

class MySql : public testing::Test {
protected:
    static MariaDbServer& database() {
        static MariaDbServer server;
        return server;
    }
    /// An empty database. @return its DSN
    static std::string fresh(const std::string& name) {
        database().create_database(name);
        return database().dsn(name);
    }
    static std::vector<std::string> arguments(const std::string& dsn) {
        return {"-storage", "mysql", "-storage-dsn", dsn};
    }
    static Finished migrate(const std::string& dsn) {
        auto command = arguments(dsn);
        command.insert(command.begin(), nanomdm_binary());
        command.emplace_back("-migrate-schema");
        return run(command, 60s);
    }
};

TEST_F(MySql, ServesOnlyOnASchemaThatWasMade) {
    const auto dsn = fresh("refusal");
    const auto ca = TempDir{};
    const auto file = ca.write("ca.pem", test_authority().identity().certificate_pem());
    auto serve = arguments(dsn);
    serve.insert(serve.begin(), {nanomdm_binary(), "-listen", "127.0.0.1:0", "-ca", file.string()});
    const auto refused = run(serve, 30s);
    EXPECT_EQ(refused.status.code, 1);
    EXPECT_NE(refused.error.find("-migrate-schema"), std::string::npos) << refused.error;

    const auto made = migrate(dsn);
    EXPECT_EQ(made.status.code, 0) << made.output << made.error;
    const auto again = migrate(dsn);
    EXPECT_EQ(again.status.code, 0) << again.output << again.error;
}

TEST_F(MySql, ADeviceEnrollsFetchesAndReports) {
    const auto dsn = fresh("main_job");
    ASSERT_EQ(migrate(dsn).status.code, 0);
    Scene scene{arguments(dsn)};
    auto device = scene.enrolled("MAC");
    scene.api().must_enqueue("MAC", "first");
    scene.api().must_enqueue("MAC", "second");
    const auto exchanges = device.connect();
    ASSERT_EQ(exchanges.size(), 2U);
    EXPECT_EQ(exchanges[0].command.uuid, "first");
    EXPECT_EQ(exchanges[1].command.uuid, "second");
    scene.stop();
    EXPECT_EQ(
        database().sql("SELECT COUNT(*) FROM command_results WHERE status = 'Acknowledged'", "main_job"),
        "2\n");
}

TEST_F(MySql, ADatabaseThatHangsShowsInReadinessAndHoldsUpNoProbe) {
    const auto dsn = fresh("probes");
    ASSERT_EQ(migrate(dsn).status.code, 0);
    auto flags = arguments(dsn);
    flags.insert(flags.end(), {"-admin-listen", "127.0.0.1:0"});
    Scene scene{flags};
    Api ops{ops_url(scene.server().process()), ""};
    const auto ready = [&] { return ops.get("/readyz").status == 200; };
    EXPECT_TRUE(ready());
    const MetricsText before{ops.get("/metrics").body};
    EXPECT_EQ(before.value("nanomdm_mysql_pool_size"), 16);
    for (const char* name : {"nanomdm_mysql_pool_open_connections", "nanomdm_mysql_pool_in_use_connections",
                             "nanomdm_mysql_pool_waiting"})
        EXPECT_TRUE(before.value(name)) << name;

    std::vector<std::unique_ptr<sim::Device>> devices; // each with a connection of its own
    for (int i = 0; i < 20; ++i)
        devices.push_back(std::make_unique<sim::Device>(scene.enrolled("MAC" + std::to_string(i))));
    database().pause();
    // More requests than connections: the workers hang, the probes answer.
    std::vector<std::jthread> waiting;
    for (auto& each : devices) waiting.emplace_back([&each] { each->token_update(); });
    EXPECT_TRUE(eventually([&] { return !ready(); }, 15s));
    EXPECT_EQ(ops.get("/healthz").status, 200);
    EXPECT_THAT(ops.get("/readyz").body,
                testing::AnyOf("the storage does not answer in time\n", "the storage is unavailable\n"));
    EXPECT_TRUE(eventually([&] {
        return MetricsText{ops.get("/metrics").body}.count("nanomdm_mysql_pool_in_use_connections") == 16;
    }));
    database().resume();
    EXPECT_TRUE(eventually(ready, 15s));
}

TEST_F(MySql, ADatabaseThatHangsForEverDoesNotKeepAServerFromEnding) {
    const auto dsn = fresh("hung");
    ASSERT_EQ(migrate(dsn).status.code, 0);
    auto flags = arguments(dsn + "?readTimeout=0&writeTimeout=0");
    flags.insert(flags.end(), {"-shutdown-grace", "1s"});
    Scene scene{flags};
    auto device = scene.enrolled("MAC");
    database().pause();
    std::jthread waiting{[&device] {
        try {
            device.token_update();
        } catch (const sim::ConnectionError&) {
            // What a device sees of a server that is gone.
        }
    }};
    EXPECT_TRUE(eventually([&] {
        return MetricsText{scene.api().get("/metrics").body}.count(
                   "nanomdm_worker_busy_threads{pool=\"worker\"}") == 1;
    }));
    scene.server().process().signal(SIGTERM);
    const auto ended = scene.server().process().wait(30s);
    database().resume();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 1);
    EXPECT_NE(scene.server().log().find("leaving it behind"), std::string::npos);
}

TEST_F(MySql, WhenADeviceWasSeenLastIsWrittenBeforeTheEnd) {
    const auto dsn = fresh("last_seen");
    ASSERT_EQ(migrate(dsn).status.code, 0);
    Scene scene{arguments(dsn)};
    auto device = scene.enrolled("MAC");
    const std::string old = "UPDATE enrollments SET last_seen_at = '2020-01-01'";
    const std::string seen = "SELECT COUNT(*) FROM enrollments WHERE last_seen_at > '2021-01-01'";
    const auto fresh_ones = [&] { return database().sql(seen, "last_seen"); };
    // What enrolling has left to be written is out of the way.
    EXPECT_EQ(device.report("Idle").status, 200);
    scene.stop();
    database().sql(old, "last_seen");
    scene.start();
    device.use_endpoint(scene.endpoint());
    EXPECT_EQ(device.report("Idle").status, 200);
    scene.stop();
    EXPECT_EQ(fresh_ones(), "1\n");
}

TEST_F(MySql, ABodyThatNoPacketHoldsIsRefusedAndTheNextIsServed) {
    MariaDbServer small{{.arguments = {"--max-allowed-packet=1M"}}};
    small.create_database("small");
    const auto dsn = small.dsn("small");
    ASSERT_EQ(migrate(dsn).status.code, 0);
    Scene scene{arguments(dsn)};
    auto device = scene.enrolled("MAC");
    EXPECT_EQ(device.check_in(std::string(1'100'000, ' ')).status, 413);
    EXPECT_EQ(device.token_update().status, 200);
    scene.stop();
}

TEST_F(MySql, WithoutADatabaseItDoesNotStartAndSaysWhy) {
    const auto failed = migrate("nobody:wrong-secret@tcp(127.0.0.1:1)/none");
    EXPECT_EQ(failed.status.code, 1);
    EXPECT_NE(failed.error.find("127.0.0.1:1"), std::string::npos) << failed.error;
    EXPECT_EQ(failed.error.find("wrong-secret"), std::string::npos) << failed.error;
}

TEST_F(MySql, ThreeServersShareOneDatabaseExactly) {
    const auto dsn = fresh("scale_out");
    Cluster cluster{{dsn, dsn, dsn}};
    FleetLoad load{cluster, 8};
    load.start();
    EXPECT_TRUE(eventually([&] { return load.answered() >= 2000; }, 60s)) << load.answered();
    load.stop();
    for (const auto& violation : load.settle()) ADD_FAILURE() << violation;
    EXPECT_GT(load.enqueued(), 20U);
    EXPECT_EQ(load.lost_results(database().sql(FleetLoad::stored_results, "scale_out")), 0U);
    cluster.stop();
}

TEST_F(MySql, AServerKilledUnderLoadTakesNothingAlong) {
    const auto dsn = fresh("killed");
    Cluster cluster{{dsn, dsn, dsn}};
    FleetLoad load{cluster, 8};
    load.start();
    for (std::size_t round = 0; round < 3; ++round) {
        const auto so_far = load.answered();
        EXPECT_TRUE(eventually([&] { return load.answered() >= so_far + 300; }, 60s));
        cluster.kill(round);
        const auto then = load.answered();
        EXPECT_TRUE(eventually([&] { return load.answered() >= then + 100; }, 60s));
        cluster.start(round);
    }
    load.stop();
    for (const auto& violation : load.settle()) ADD_FAILURE() << violation;
    EXPECT_EQ(load.lost_results(database().sql(FleetLoad::stored_results, "killed")), 0U);
    cluster.stop();
}

TEST_F(MySql, ADatabaseRestartedUnderLoadCostsNothingButTime) {
    const auto dsn = fresh("restarted");
    Cluster cluster{{dsn, dsn}};
    FleetLoad load{cluster, 8};
    load.start();
    for (int round = 0; round < 2; ++round) {
        const auto so_far = load.answered();
        EXPECT_TRUE(eventually([&] { return load.answered() >= so_far + 300; }, 60s));
        if (round == 0)
            database().stop();
        else
            database().kill();
        database().start();
    }
    const auto recovered = load.answered();
    EXPECT_TRUE(eventually([&] { return load.answered() >= recovered + 300; }, 60s));
    load.stop();
    for (const auto& violation : load.settle()) ADD_FAILURE() << violation;
    EXPECT_EQ(load.lost_results(database().sql(FleetLoad::stored_results, "restarted")), 0U);
    cluster.stop();
}

} // namespace
} // namespace nanomdm::test
