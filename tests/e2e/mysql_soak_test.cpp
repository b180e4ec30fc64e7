// Ten minutes of mixed load with the database restarted every minute. Only under tools/test --soak.
#include "e2e/fleet_load.hpp"
#include "support/database/mariadb_server.hpp"

#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

constexpr int minutes = 10;

TEST(MySqlSoak, TenMinutesWithARestartEveryMinute) {
    MariaDbServer database;
    database.create_database("soak");
    const auto dsn = database.dsn("soak");
    Cluster cluster{{dsn, dsn, dsn}};
    FleetLoad load{cluster, 32};
    load.start();
    for (int minute = 0; minute < minutes; ++minute) {
        const auto until = FleetLoad::Clock::now() + 60s;
        const auto so_far = load.answered();
        (void)eventually([&] { return FleetLoad::Clock::now() >= until; }, 70s);
        EXPECT_GT(load.answered(), so_far) << "minute " << minute;
        if (minute % 2 == 0)
            database.stop();
        else
            database.kill();
        database.start();
        std::cout << "minute " << minute + 1 << ": " << load.answered() << " answers, " << load.enqueued()
                  << " commands for each device, longest wait " << load.longest_wait().count() << " ms"
                  << std::endl;
    }
    load.stop();
    for (const auto& violation : load.settle()) ADD_FAILURE() << violation;
    EXPECT_EQ(load.lost_results(database.sql(FleetLoad::stored_results, "soak")), 0U);
    cluster.stop();
}

} // namespace
} // namespace nanomdm::test
