// Three servers, each on its own node of a Galera cluster, and a node that dies under load.
#include "e2e/fleet_load.hpp"
#include "support/database/galera_cluster.hpp"

#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

TEST(Galera, ANodeKilledUnderLoadLosesNothingThatWasAcknowledged) {
    GaleraCluster galera;
    galera.node(0).create_database("nano");
    ASSERT_TRUE(galera.wait_until_synced());
    std::vector<std::string> dsns;
    for (std::size_t i = 0; i < galera.size(); ++i) dsns.push_back(galera.node(i).dsn("nano"));

    Cluster cluster{dsns};
    FleetLoad load{cluster, 8};
    load.start();
    EXPECT_TRUE(eventually([&] { return load.answered() >= 500; }, 120s));
    galera.kill(0);
    const auto after_kill = load.answered();
    EXPECT_TRUE(eventually([&] { return load.answered() >= after_kill + 500; }, 120s));
    EXPECT_LT(load.longest_wait(), 10s);
    std::cout << "longest wait for an answer: " << load.longest_wait().count() << " ms\n";

    galera.restart(0);
    ASSERT_TRUE(galera.wait_until_synced());
    const auto after_return = load.answered();
    EXPECT_TRUE(eventually([&] { return load.answered() >= after_return + 300; }, 120s));
    load.stop();
    for (const auto& violation : load.settle()) ADD_FAILURE() << violation;
    for (std::size_t i = 0; i < galera.size(); ++i) {
        const auto rows = galera.node(i).sql(
            std::string{"SET SESSION wsrep_sync_wait = 1; "} + FleetLoad::stored_results, "nano");
        EXPECT_EQ(load.lost_results(rows), 0U) << "node " << i;
    }
    cluster.stop();
}

} // namespace
} // namespace nanomdm::test
