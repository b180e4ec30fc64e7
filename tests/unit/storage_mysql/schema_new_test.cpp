// A new database: the schema it gets, who may run on it, and two processes that make it at once.
#include "nanomdm/error.hpp"
#include "storage/mysql/failure.hpp"
#include "unit/storage_mysql/schema_scene.hpp"

#include <atomic>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::storage::mysql::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Checked {
    Errc code = Errc::internal;
    std::string what = "accepted";
};

Checked check(const SchemaScene& scene) {
    Session session{scene.endpoint()};
    try {
        check_schema(session);
    } catch (const Error& error) {
        return {error.code(), error.what()};
    }
    return {};
}

SchemaState state(const SchemaScene& scene) {
    Session session{scene.endpoint()};
    return schema_state(session);
}

TEST(NewSchema, ServerAsksForTheMigrationUntilItIsDone) {
    const SchemaScene scene;
    const auto before = check(scene);
    EXPECT_EQ(before.code, Errc::not_configured);
    EXPECT_THAT(before.what, HasSubstr("-migrate-schema"));
    EXPECT_EQ(state(scene).version, 0);
    EXPECT_FALSE(state(scene).has_nanomdm_tables);

    scene.migrate();
    EXPECT_EQ(check(scene).what, "accepted");
    EXPECT_EQ(state(scene).version, newest_schema());
    EXPECT_THAT(state(scene).oldest_binary, Not(IsEmpty()));
    EXPECT_THAT(
        scene.rows("SELECT COUNT(*), MIN(version), COUNT(DISTINCT name), "
                   "SUM(ABS(TIMESTAMPDIFF(SECOND, applied_at, UTC_TIMESTAMP())) > 600) FROM nanomdm_schema"),
        ElementsAre(std::to_string(newest_schema()) + " 1 " + std::to_string(newest_schema()) + " 0"));
}

TEST(NewSchema, DoesNotDependOnTheCharacterSetOfTheDatabase) {
    const SchemaScene plain;
    const SchemaScene old{"latin1 COLLATE latin1_german1_ci"};
    plain.migrate();
    old.migrate();
    EXPECT_EQ(plain.structure(), old.structure());
    EXPECT_THAT(
        plain.rows("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = "
                   "DATABASE() AND collation_name NOT IN ('utf8mb4_bin', 'ascii_bin') AND table_name <> "
                   "'view_queue'"),
        IsEmpty());
}

TEST(NewSchema, MigratingAgainDoesNothing) {
    const SchemaScene scene;
    scene.migrate();
    const auto structure = scene.structure();
    const auto applied = scene.rows("SELECT * FROM nanomdm_schema");
    std::vector<std::string> done;
    scene.migrate([&](const SchemaProgress& progress) {
        if (progress.version > 0) done.push_back(progress.doing);
    });
    EXPECT_THAT(done, IsEmpty());
    EXPECT_EQ(scene.structure(), structure);
    EXPECT_EQ(scene.rows("SELECT * FROM nanomdm_schema"), applied);
}

TEST(NewSchema, TwoProcessesAtOnceMakeItOnce) {
    const SchemaScene scene;
    std::atomic<int> tables_made = 0;
    const auto count = [&](const SchemaProgress& progress) {
        if (progress.doing == "CREATE TABLE devices (") ++tables_made;
    };
    const auto migrate = [&] { migrate_schema(scene.endpoint(), count); };
    auto one = std::async(std::launch::async, migrate);
    auto other = std::async(std::launch::async, migrate);
    one.get();
    other.get();
    EXPECT_EQ(tables_made, 1);
    EXPECT_EQ(check(scene).what, "accepted");
}

TEST(NewSchema, LeaseOfTheLivingIsWaitedForAndNamed) {
    const SchemaScene scene;
    scene.migrate();
    scene.sql(
        "DELETE FROM nanomdm_schema WHERE version >= 3; UPDATE nanomdm_schema_lease SET holder = 'somebody', "
        "expires_at = UTC_TIMESTAMP() + INTERVAL 1 HOUR");
    int waited = 0;
    scene.migrate([&](const SchemaProgress& progress) {
        if (progress.name != "waiting") return;
        EXPECT_THAT(progress.doing, HasSubstr("somebody"));
        EXPECT_EQ(state(scene).version, 2);
        if (++waited == 2) scene.sql("UPDATE nanomdm_schema_lease SET holder = ''");
    });
    EXPECT_EQ(waited, 2);
    EXPECT_EQ(state(scene).version, newest_schema());
    EXPECT_THAT(scene.rows("SELECT holder FROM nanomdm_schema_lease"), ElementsAre(""));
}

TEST(NewSchema, LeaseOfTheDeadExpires) {
    const SchemaScene scene;
    scene.migrate();
    scene.sql(
        "DELETE FROM nanomdm_schema WHERE version >= 3; UPDATE nanomdm_schema_lease SET holder = 'dead', "
        "expires_at = UTC_TIMESTAMP() - INTERVAL 1 SECOND");
    scene.migrate([&](const SchemaProgress& progress) { EXPECT_NE(progress.name, "waiting"); });
    EXPECT_EQ(state(scene).version, newest_schema());
}

TEST(NewSchema, LeaseIsRenewedWhileAStatementRuns) {
    const SchemaScene scene;
    bool slow = true;
    scene.migrate([&](const SchemaProgress& progress) {
        if (progress.version == 0 || !slow) return;
        slow = false; // longer than the scene's lease of two seconds lasts without a renewal
        EXPECT_THAT(scene.rows("SELECT SLEEP(3)"), ElementsAre("0"));
        EXPECT_THAT(
            scene.rows("SELECT expires_at >= UTC_TIMESTAMP() AND holder <> '' FROM nanomdm_schema_lease"),
            ElementsAre("1"));
    });
    EXPECT_EQ(state(scene).version, newest_schema());
}

TEST(NewSchema, LostLeaseEndsTheMigration) {
    const SchemaScene scene;
    try {
        scene.migrate([&](const SchemaProgress& progress) {
            if (progress.version == 0) return;
            scene.sql("UPDATE nanomdm_schema_lease SET holder = 'somebody else'");
            EXPECT_THAT(scene.rows("SELECT SLEEP(3)"), ElementsAre("0"));
        });
        FAIL() << "it went on";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::unavailable);
        EXPECT_THAT(error.what(), HasSubstr("lost"));
    }
    EXPECT_THAT(scene.rows("SELECT holder FROM nanomdm_schema_lease"), ElementsAre("somebody else"));
}

TEST(NewSchema, NewerOneIsAcceptedWhereItAllowsThisBinary) {
    const SchemaScene scene;
    scene.migrate();
    const auto newer = [&](const std::string& oldest_binary) {
        scene.sql("REPLACE INTO nanomdm_schema (version, name, oldest_binary) VALUES (1000, 'later', '" +
                  oldest_binary + "')");
    };
    newer("0.0.9");
    EXPECT_EQ(check(scene).what, "accepted");
    scene.migrate();
    newer("99.0");
    EXPECT_EQ(check(scene).code, Errc::conflict);
    EXPECT_THAT(check(scene).what, HasSubstr("99.0 or later"));
    EXPECT_THROW(scene.migrate(), Error);
}

TEST(NewSchema, NeedsADatabase) {
    const SchemaScene scene;
    auto endpoint = scene.endpoint();
    endpoint.database.clear();
    EXPECT_THROW(migrate_schema(endpoint), Error);
}

TEST(NewSchema, TablesOfSomethingElseAreLeftAlone) {
    const SchemaScene scene;
    scene.sql("CREATE TABLE users (name VARCHAR(10)); CREATE TABLE devices (id INT, authenticate TEXT)");
    const auto before =
        scene.rows("SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() "
                   "AND table_name IN ('users', 'devices')");
    const auto refusal = scene.refusal();
    EXPECT_THAT(refusal, HasSubstr("not NanoMDM's"));
    EXPECT_THAT(refusal, HasSubstr(": users"));
    EXPECT_EQ(before,
              scene.rows("SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() "
                         "AND table_name IN ('users', 'devices')"));
}

} // namespace
} // namespace nanomdm::storage::mysql::test
