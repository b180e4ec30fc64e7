// A cluster forms, outlives a killed node, and takes it back.
#include "support/database/galera_cluster.hpp"

#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

TEST(GaleraCluster, OutlivesAKilledNodeAndTakesItBack) {
    GaleraCluster cluster;
    ASSERT_EQ(cluster.size(), 3U);
    EXPECT_EQ(cluster.status(0, "wsrep_cluster_size"), "3");
    cluster.node(0).create_database("shared");
    cluster.node(0).sql("CREATE TABLE t (n INT PRIMARY KEY)", "shared");
    cluster.node(1).sql("INSERT INTO t VALUES (1)", "shared");

    cluster.kill(2);
    EXPECT_TRUE(cluster.wait_until_synced());
    EXPECT_EQ(cluster.status(1, "wsrep_cluster_size"), "2");
    cluster.node(1).sql("INSERT INTO t VALUES (2)", "shared");

    cluster.restart(2);
    EXPECT_TRUE(cluster.wait_until_synced());
    // Reads may be behind by a moment: wsrep_sync_wait=1 waits for what was committed before.
    EXPECT_EQ(cluster.node(2).sql("SET SESSION wsrep_sync_wait=1; SELECT n FROM t ORDER BY n", "shared"),
              "1\n2\n");

    // A test may stop the node that formed the cluster as well.
    cluster.node(0).stop();
    EXPECT_TRUE(cluster.wait_until_synced());
    cluster.restart(0);
    EXPECT_TRUE(cluster.wait_until_synced());
    EXPECT_EQ(cluster.status(0, "wsrep_cluster_size"), "3");
}

} // namespace
} // namespace nanomdm::test
