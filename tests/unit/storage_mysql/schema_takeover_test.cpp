// NanoMDM's databases, at each of its schemas and in the character sets they are found in, become ours.
#include "unit/storage_mysql/nanomdm_schemas.hpp"
#include "unit/storage_mysql/schema_scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::storage::mysql::test {
namespace {

using testing::ElementsAre;
using testing::IsSupersetOf;

using Found = std::tuple<int, const char*>;

class TakeOver : public testing::TestWithParam<Found> {
protected:
    TakeOver() : scene_{std::get<1>(GetParam())} { scene_.make_nanomdm(version()); }
    static int version() { return std::get<0>(GetParam()); }

    SchemaScene scene_;
};

std::string name_of(const testing::TestParamInfo<Found>& info) {
    std::string name = "At" + std::to_string(std::get<0>(info.param)) + "In";
    for (const char c : std::string_view{std::get<1>(info.param)})
        if (c != ' ' && c != '_') name += c;
    return name;
}

INSTANTIATE_TEST_SUITE_P(Schemas, TakeOver,
                         testing::Combine(testing::Range(oldest_nanomdm_schema, newest_nanomdm_schema + 1),
                                          testing::Values("utf8mb4 COLLATE utf8mb4_general_ci")),
                         name_of);
INSTANTIATE_TEST_SUITE_P(CharacterSets, TakeOver,
                         testing::Combine(testing::Values(4, newest_nanomdm_schema),
                                          testing::Values("latin1", "utf8mb3", "utf8mb4 COLLATE utf8mb4_bin",
                                                          "utf8mb4 COLLATE utf8mb4_unicode_nopad_ci")),
                         name_of);

void expect_structure_of_a_new_database(const SchemaScene& scene) {
    const SchemaScene fresh;
    fresh.migrate();
    for (const auto* query :
         {"SELECT table_name, column_name, column_type, collation_name FROM information_schema.columns "
          "WHERE table_schema = DATABASE() ORDER BY 1, 2",
          "SELECT table_name, engine, row_format, table_collation FROM information_schema.tables "
          "WHERE table_schema = DATABASE() ORDER BY 1"})
        EXPECT_EQ(scene.rows(query), fresh.rows(query));
    const auto of_kind = [](const SchemaScene& of, std::string_view kind) {
        std::vector<std::string> lines;
        for (const auto& line : of.structure())
            if (line.starts_with(kind)) lines.push_back(line);
        return lines;
    };
    EXPECT_EQ(of_kind(scene, "foreign key"), of_kind(fresh, "foreign key"));
    const auto* indexes =
        "SELECT DISTINCT table_name, non_unique, GROUP_CONCAT(column_name, ' ', collation ORDER BY "
        "seq_in_index) FROM information_schema.statistics WHERE table_schema = DATABASE() "
        "GROUP BY table_name, index_name, non_unique";
    EXPECT_THAT(scene.rows(indexes), IsSupersetOf(fresh.rows(indexes)));
}

void expect_what_was_stored(const SchemaScene& scene) {
    EXPECT_THAT(
        scene.rows("SELECT id, serial_number, HEX(unlock_token), authenticate FROM devices ORDER BY id"),
        ElementsAre("D1 S1 00FF <?xml Bj\xC3\xB6rns Mac", "D2 NULL NULL <?xml a2"));
    EXPECT_THAT(scene.rows("SELECT id, device_id, user_short_name, token_update FROM users"),
                ElementsAre("U1 D1 bj\xC3\xB6rn <?xml u1"));
    EXPECT_THAT(
        scene.rows("SELECT id, enabled, token_update_tally, last_seen_at FROM enrollments ORDER BY id"),
        ElementsAre("D1 1 1 2024-02-01 00:00:00", "D2 1 1 2024-02-02 00:00:00",
                    "U1 1 1 2024-02-03 00:00:00"));
    EXPECT_THAT(
        scene.rows("SELECT command_uuid, status, result, not_now_tally FROM command_results ORDER BY 1"),
        ElementsAre("b Acknowledged <?xml \xC3\xB6 0", "c NotNow <?xml rc 0", "g Error <?xml rg 0"));
    EXPECT_THAT(scene.rows("SELECT topic, stale_token, LEFT(key_pem, 10) FROM push_certs"),
                ElementsAre("T 3 -----BEGIN"));
    EXPECT_THAT(scene.rows("SELECT COUNT(*) FROM cert_auth_associations"), ElementsAre("4"));
}

void expect_queues_numbered_in_the_order_of_delivery(const SchemaScene& scene) {
    EXPECT_THAT(scene.rows("SELECT command_uuid, seq, done, active FROM enrollment_queue WHERE id = 'D1' "
                           "ORDER BY seq"),
                ElementsAre("e 1 0 1", "g 2 1 1", "a 3 0 0", "b 4 1 1", "c 5 0 1", "f 6 0 1", "d 7 0 1"));
    EXPECT_THAT(scene.rows("SELECT id, seq, done FROM enrollment_queue WHERE id <> 'D1' ORDER BY id"),
                ElementsAre("D2 1 0", "U1 1 0"));
    EXPECT_THAT(scene.rows("SELECT id, last_seq FROM nanomdm_queue_counters ORDER BY id"),
                ElementsAre("D1 7", "D2 1", "U1 1"));
    EXPECT_THAT(scene.rows("SELECT COUNT(*) FROM enrollment_queue WHERE updated_at <> '2024-03-02'"),
                ElementsAre("0"));
}

void expect_one_owner_of_each_certificate(const SchemaScene& scene) {
    EXPECT_THAT(scene.rows("SELECT LEFT(sha256, 1), id FROM nanomdm_certificate_owners ORDER BY 1"),
                ElementsAre("1 D1", "2 D1", "3 D2"));
}

void expect_nothing_done_by_another_migration(const SchemaScene& scene) {
    const auto structure = scene.structure();
    const auto contents = scene.contents();
    scene.migrate();
    EXPECT_EQ(scene.structure(), structure);
    EXPECT_EQ(scene.contents(), contents);
}

void expect_identifiers_told_apart_by_every_byte(const SchemaScene& scene) {
    scene.sql("INSERT INTO commands (command_uuid, request_type, command) VALUES ('A', 'X', '<?xml'), "
              "('\xC3\xA4', 'X', '<?xml')");
    EXPECT_THAT(scene.rows("SELECT COUNT(*) FROM commands WHERE command_uuid = 'a'"), ElementsAre("1"));
}

void expect_room_for_large_texts(const SchemaScene& scene) {
    scene.sql(
        "SET @large = CONCAT('<?xml', REPEAT('x', 1000000)); "
        "UPDATE devices SET authenticate = @large, token_update = @large, bootstrap_token_b64 = @large; "
        "UPDATE commands SET command = @large; UPDATE command_results SET result = @large; "
        "UPDATE users SET token_update = @large, user_authenticate = @large");
    EXPECT_THAT(scene.rows("SELECT LENGTH(authenticate), LENGTH(bootstrap_token_b64) FROM devices LIMIT 1"),
                ElementsAre("1000005 1000005"));
}

TEST_P(TakeOver, MakesItOursAndKeepsWhatItHolds) {
    scene_.migrate();
    expect_structure_of_a_new_database(scene_);
    expect_what_was_stored(scene_);
    expect_queues_numbered_in_the_order_of_delivery(scene_);
    expect_one_owner_of_each_certificate(scene_);
    expect_nothing_done_by_another_migration(scene_);
    expect_identifiers_told_apart_by_every_byte(scene_);
    expect_room_for_large_texts(scene_);
}

TEST(TakeOverSpellings, ReferencesGetTheSpellingOfWhatTheyReferTo) {
    const SchemaScene scene;
    scene.make_nanomdm(10);
    scene.sql("INSERT INTO commands (command_uuid, request_type, command) VALUES ('h', 'X', '<?xml'); "
              "INSERT INTO enrollment_queue (id, command_uuid) VALUES ('d2', 'H'); "
              "INSERT INTO command_results (id, command_uuid, status, result) VALUES ('d2', 'H', 'Error', "
              "'<?xml'); "
              "UPDATE enrollments SET device_id = 'd1', user_id = 'u1' WHERE id = 'U1'; "
              "UPDATE users SET device_id = 'd1'");
    scene.migrate();
    EXPECT_THAT(scene.rows("SELECT id, seq, done FROM enrollment_queue WHERE command_uuid = 'h'"),
                ElementsAre("D2 2 1"));
    EXPECT_THAT(scene.rows("SELECT id FROM command_results WHERE command_uuid = 'h'"), ElementsAre("D2"));
    EXPECT_THAT(scene.rows("SELECT device_id, user_id FROM enrollments WHERE id = 'U1'"),
                ElementsAre("D1 U1"));
    EXPECT_THAT(scene.rows("SELECT device_id FROM users WHERE id = 'U1'"), ElementsAre("D1"));
}

TEST(TakeOverUsers, UserThatMovedToAnotherDeviceGetsItsPair) {
    const SchemaScene scene;
    scene.make_nanomdm(10);
    scene.sql("UPDATE enrollments SET device_id = 'D2' WHERE id = 'U1'"); // allowed before 00011
    scene.migrate();
    EXPECT_THAT(scene.rows("SELECT id, device_id, user_short_name FROM users ORDER BY device_id"),
                ElementsAre("U1 D1 bj\xC3\xB6rn", "U1 D2 bj\xC3\xB6rn"));
}

TEST(TakeOverQueues, ManyAreNumberedInBatches) {
    const SchemaScene scene;
    scene.make_nanomdm(11);
    scene.sql(
        "DELETE FROM enrollment_queue; "
        "INSERT INTO commands (command_uuid, request_type, command) "
        "SELECT CONCAT('n', LPAD(seq, 6, '0')), 'X', '<?xml' FROM seq_1_to_6000; "
        "INSERT INTO enrollments (id, device_id, type, topic, push_magic, token_hex, last_seen_at) "
        "SELECT CONCAT('X''\\\\', seq), 'D1', 'Device', 'T', 'm', 'aa', '2024-01-01' FROM seq_1_to_2000; "
        "INSERT INTO enrollment_queue (id, command_uuid) SELECT 'D1', CONCAT('n', LPAD(seq, 6, '0')) "
        "FROM seq_1_to_6000; "
        "INSERT INTO enrollment_queue (id, command_uuid) SELECT CONCAT('X''\\\\', a.seq), "
        "CONCAT('n', LPAD(b.seq, 6, '0')) FROM seq_1_to_2000 a, seq_1_to_6 b; "
        "INSERT INTO cert_auth_associations (id, sha256) SELECT 'D1', SHA2(seq, 256) FROM seq_1_to_7000");
    int batches = 0;
    scene.migrate([&](const SchemaProgress& progress) {
        if (progress.doing == "UPDATE enrollment_queue AS q") ++batches;
    });
    EXPECT_GE(batches, 3);
    EXPECT_THAT(scene.rows("SELECT COUNT(*), COUNT(DISTINCT id, seq), MIN(seq) FROM enrollment_queue"),
                ElementsAre("18000 18000 1"));
    EXPECT_THAT(scene.rows("SELECT COUNT(*) FROM enrollment_queue WHERE seq <> SUBSTRING(command_uuid, 2)"),
                ElementsAre("0"));
    EXPECT_THAT(scene.rows("SELECT COUNT(*), SUM(last_seq) FROM nanomdm_queue_counters"),
                ElementsAre("2001 18000"));
    EXPECT_THAT(scene.rows("SELECT COUNT(*) FROM nanomdm_certificate_owners"), ElementsAre("7003"));
}

} // namespace
} // namespace nanomdm::storage::mysql::test
