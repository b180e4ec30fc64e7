// What stands in the way of taking a database over is named, and nothing is lost.
#include "unit/storage_mysql/schema_scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::storage::mysql::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(TakeOverRefusal, IdentifiersThatLostCharactersAreListed) {
    const SchemaScene scene{"latin1"};
    scene.make_nanomdm(11);
    scene.sql(
        "SET sql_mode = ''; "
        "INSERT INTO commands (command_uuid, request_type, command) VALUES ('\xE2\x82\xAC', 'X', '<?xml'), "
        "('n\xC5\x82', 'X', '<?xml'); "
        "INSERT INTO cert_auth_associations (id, sha256) VALUES ('\xE6\x97\xA5', REPEAT('4', 64))");
    EXPECT_THAT(scene.refusal(),
                AllOf(HasSubstr("lost characters"), HasSubstr("commands.command_uuid n?"),
                      HasSubstr("cert_auth_associations.id ?"), Not(HasSubstr("\xE2\x82\xAC"))));
    EXPECT_THAT(scene.rows("SELECT COUNT(*) FROM enrollment_queue"), ElementsAre("9"));

    scene.sql(
        "DELETE FROM commands WHERE command_uuid = 'n?'; DELETE FROM cert_auth_associations WHERE id = '?'");
    EXPECT_EQ(scene.refusal(), "");
    EXPECT_THAT(scene.rows("SELECT command_uuid FROM commands WHERE command_uuid > 'z'"),
                ElementsAre("\xE2\x82\xAC"));
}

TEST(TakeOverRefusal, QuestionMarksAreWelcomeWhereNothingCanGetLost) {
    const SchemaScene scene;
    scene.make_nanomdm(11);
    scene.sql("INSERT INTO commands (command_uuid, request_type, command) VALUES ('why?', 'X', '<?xml')");
    EXPECT_EQ(scene.refusal(), "");
}

TEST(TakeOverRefusal, IdentifiersThatBecomeOneAreListed) {
    const SchemaScene scene{"utf8mb4 COLLATE utf8mb4_unicode_nopad_ci"};
    scene.make_nanomdm(11);
    scene.sql("INSERT INTO commands (command_uuid, request_type, command) VALUES ('a ', 'X', '<?xml'), "
              "('lonely ', 'X', '<?xml')");
    EXPECT_THAT(scene.refusal(), AllOf(HasSubstr("spaces at their end"),
                                       HasSubstr("commands.command_uuid a "), Not(HasSubstr("lonely"))));
    scene.sql("DELETE FROM commands WHERE command_uuid = 'a '");
    EXPECT_EQ(scene.refusal(), "");
}

TEST(TakeOverRefusal, ForeignKeysOfOtherTablesAreListed) {
    const SchemaScene scene;
    scene.make_nanomdm(11);
    scene.sql("CREATE TABLE inventory (device VARCHAR(255), CONSTRAINT of_device FOREIGN KEY (device) "
              "REFERENCES devices (id))");
    EXPECT_THAT(scene.refusal(), HasSubstr("inventory of_device"));
    scene.sql("ALTER TABLE inventory DROP FOREIGN KEY of_device");
    EXPECT_EQ(scene.refusal(), "");
}

TEST(TakeOverRefusal, LongListsAreCutShort) {
    const SchemaScene scene{"latin1"};
    scene.make_nanomdm(11);
    scene.sql(
        "INSERT INTO commands (command_uuid, request_type, command) SELECT CONCAT('?', seq), 'X', '<?xml' "
        "FROM seq_1_to_30");
    EXPECT_THAT(scene.refusal(), HasSubstr("and 10 more"));
}

} // namespace
} // namespace nanomdm::storage::mysql::test
