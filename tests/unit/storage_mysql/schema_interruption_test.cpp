// A migration cut short anywhere and run again ends where an undisturbed one does. With NANOMDM_SOAK=1 in the
// environment NanoMDM's database is cut before every statement, else before every sixth.
#include "nanomdm/error.hpp"
#include "storage/mysql/failure.hpp"
#include "unit/storage_mysql/schema_scene.hpp"

#include <cstdlib>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::storage::mysql::test {
namespace {

using testing::HasSubstr;

struct Interruption {};

/// Runs the migration until it is about to do its n-th statement. @return false when it has fewer.
bool interrupted_before(const SchemaScene& scene, int n) {
    int at = 0;
    try {
        scene.migrate([&](const SchemaProgress& progress) {
            if (progress.version > 0 && ++at == n) throw Interruption{};
        });
    } catch (const Interruption&) {
        return true;
    }
    return false;
}

struct EndState {
    std::vector<std::string> structure;
    std::vector<std::string> contents;
    friend bool operator==(const EndState&, const EndState&) = default;
};

EndState end_state(const SchemaScene& scene) { return {scene.structure(), scene.contents()}; }

void expect_same_end(const SchemaScene& scene, const EndState& undisturbed, const std::string& where) {
    scene.migrate();
    const auto end = end_state(scene);
    EXPECT_EQ(end.structure, undisturbed.structure) << where;
    EXPECT_EQ(end.contents, undisturbed.contents) << where;
}

TEST(InterruptedMigration, OfANewDatabaseResumesAtEveryStatement) {
    const SchemaScene undisturbed;
    undisturbed.migrate();
    const auto expected = end_state(undisturbed);
    for (int n = 1;; ++n) {
        const SchemaScene scene;
        if (!interrupted_before(scene, n)) {
            EXPECT_GT(n, 15);
            break;
        }
        expect_same_end(scene, expected, "before statement " + std::to_string(n));
    }
}

TEST(InterruptedMigration, OfNanoMdmsDatabaseResumes) {
    const SchemaScene undisturbed{"latin1"};
    undisturbed.make_nanomdm(0);
    undisturbed.migrate();
    const auto expected = end_state(undisturbed);
    const int stride = std::getenv("NANOMDM_SOAK") != nullptr ? 1 : 6;
    for (int n = 1;; n += stride) {
        const SchemaScene scene{"latin1"};
        scene.make_nanomdm(0);
        if (!interrupted_before(scene, n)) {
            EXPECT_GT(n, 50);
            break;
        }
        expect_same_end(scene, expected, "before statement " + std::to_string(n));
    }
}

TEST(InterruptedMigration, AgainAndAgainStillEnds) {
    const SchemaScene undisturbed{"latin1"};
    undisturbed.make_nanomdm(3);
    undisturbed.migrate();
    const SchemaScene scene{"latin1"};
    scene.make_nanomdm(3);
    int runs = 1;
    while (interrupted_before(scene, runs)) ++runs;
    EXPECT_GT(runs, 5);
    EXPECT_EQ(end_state(scene), end_state(undisturbed));
}

/// Ends all connections to the scene's database but the one that does it.
void kill_connections(const SchemaScene& scene, const std::string& condition) {
    std::string kills;
    for (const auto& id : scene.rows("SELECT id FROM information_schema.processlist WHERE db = DATABASE() "
                                     "AND id <> CONNECTION_ID() AND " +
                                     condition))
        kills += "KILL " + id + ";";
    scene.sql(kills);
}

TEST(InterruptedMigration, KilledConnectionsEndItAndItResumes) {
    const SchemaScene undisturbed;
    undisturbed.make_nanomdm(9);
    undisturbed.migrate();
    const SchemaScene scene;
    scene.make_nanomdm(9);
    for (const auto* before :
         {"ALTER TABLE commands", "ALTER TABLE enrollment_queue", "UPDATE enrollment_queue AS q"}) {
        try {
            scene.migrate([&](const SchemaProgress& progress) {
                if (progress.doing == before) kill_connections(scene, "TRUE");
            });
            FAIL() << "it survived before " << before;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::unavailable);
            EXPECT_THAT(error.what(), HasSubstr("it can be run again"));
        }
    }
    scene.migrate();
    EXPECT_EQ(end_state(scene), end_state(undisturbed));
}

TEST(InterruptedMigration, StatementKilledWhileItWaitsIsDoneByTheNextRun) {
    const SchemaScene scene;
    scene.make_nanomdm(9);
    Session reader{scene.endpoint()};
    reader.begin(); // holds the table's metadata lock
    EXPECT_TRUE(reader.query("SELECT 1 FROM cert_auth_associations").next());
    auto migration = std::async(std::launch::async, [&] { scene.migrate(); });
    const std::string waits = "state LIKE 'Waiting for table metadata lock%'";
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (
        scene.rows("SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() AND " + waits).empty())
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    kill_connections(scene, waits);
    EXPECT_THROW(migration.get(), Error);
    reader.rollback();
    scene.migrate();
    Session session{scene.endpoint()};
    EXPECT_NO_THROW(check_schema(session));
}

} // namespace
} // namespace nanomdm::storage::mysql::test
