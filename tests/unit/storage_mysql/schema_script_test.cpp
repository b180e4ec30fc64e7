// The directives in the comments of schema/mysql.
#include "storage/mysql/schema_script.hpp"

#include "nanomdm/error.hpp"
#include "storage/mysql/schema_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::storage::mysql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Subject = SchemaCondition::Subject;

SchemaScript parsed(std::string_view text) { return parse_script("0007_a_step.sql", text); }

std::string refusal(std::string_view text) {
    try {
        (void)parsed(text);
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

TEST(SchemaScript, NameAndNumberAreThoseOfTheFile) {
    const auto script = parsed("-- prose\n-- @oldest binary 1.2.3\n");
    EXPECT_EQ(script.version, 7);
    EXPECT_EQ(script.name, "a_step");
    EXPECT_EQ(script.oldest_binary, "1.2.3");
    EXPECT_THAT(script.statements, IsEmpty());
    EXPECT_THROW((void)parse_script("a_step.sql", ""), Error);
    EXPECT_THROW((void)parse_script("0007_a_step.txt", ""), Error);
}

TEST(SchemaScript, StatementsEndAtASemicolonOutsideQuotesAndComments) {
    const auto script =
        parsed("SELECT ';', \"--\", `a;b` -- don't; stop\n  FROM t;\n\n-- prose; too\nSELECT 2;\n");
    ASSERT_EQ(script.statements.size(), 2U);
    EXPECT_EQ(script.statements[0].sql, "SELECT ';', \"--\", `a;b` \n  FROM t");
    EXPECT_EQ(script.statements[0].line, 1);
    EXPECT_EQ(script.statements[1].sql, "SELECT 2");
    EXPECT_EQ(script.statements[1].line, 5);
}

TEST(SchemaScript, DirectivesBelongToTheNextStatement) {
    const auto script = parsed("-- @unless table t\n-- prose\n-- @in batches\nINSERT 1;\nINSERT 2;\n");
    ASSERT_EQ(script.statements.size(), 2U);
    ASSERT_EQ(script.statements[0].unless.size(), 1U);
    EXPECT_EQ(script.statements[0].unless[0].subject, Subject::table);
    EXPECT_EQ(script.statements[0].unless[0].table, "t");
    EXPECT_TRUE(script.statements[0].in_batches);
    EXPECT_THAT(script.statements[1].unless, IsEmpty());
    EXPECT_FALSE(script.statements[1].in_batches);
}

TEST(SchemaScript, IndentedLinesContinueADirective) {
    const auto script = parsed("-- @for each SELECT a\n--     FROM b\n-- prose\nDROP `{1}`;\n"
                               "-- @refuse these are\n--     in the way\nSELECT 1;\n");
    ASSERT_EQ(script.statements.size(), 2U);
    EXPECT_EQ(script.statements[0].for_each, "SELECT a FROM b");
    EXPECT_EQ(script.statements[1].refuse, "these are in the way");
}

TEST(SchemaScript, ConditionsOfEveryKind) {
    const auto script =
        parsed("-- @unless column t.c\n-- @unless column t.c is longtext utf8mb4_bin not null\n"
               "-- @unless index t.i\n"
               "-- @unless foreign key t (a, b) references r (c, d)\nSELECT 1;\n");
    const auto& unless = script.statements.at(0).unless;
    ASSERT_EQ(unless.size(), 4U);
    EXPECT_EQ(unless[0].subject, Subject::column);
    EXPECT_EQ(unless[0].name, "c");
    EXPECT_THAT(unless[0].traits, IsEmpty());
    EXPECT_THAT(unless[1].traits, ElementsAre("longtext", "utf8mb4_bin", "not null"));
    EXPECT_EQ(unless[2].subject, Subject::index);
    EXPECT_EQ(unless[2].name, "i");
    EXPECT_EQ(unless[3].subject, Subject::foreign_key);
    EXPECT_EQ(unless[3].table, "t");
    EXPECT_THAT(unless[3].columns, ElementsAre("a", "b"));
    EXPECT_EQ(unless[3].referenced_table, "r");
    EXPECT_THAT(unless[3].referenced_columns, ElementsAre("c", "d"));
}

TEST(SchemaScript, WhatItDoesNotUnderstandIsNamedWithFileAndLine) {
    EXPECT_THAT(refusal("\n-- @unles table t\nSELECT 1;\n"),
                HasSubstr("0007_a_step.sql:3: unknown directive"));
    EXPECT_THAT(refusal("-- @unless trigger t\nSELECT 1;\n"), HasSubstr("unknown condition"));
    EXPECT_THAT(refusal("-- @unless column t\nSELECT 1;\n"), HasSubstr("table.name"));
    EXPECT_THAT(refusal("-- @unless table t u\nSELECT 1;\n"), HasSubstr("one table"));
    EXPECT_THAT(refusal("-- @unless foreign key t (a) r (b)\nSELECT 1;\n"), HasSubstr("references"));
    EXPECT_THAT(refusal("SELECT 1"), HasSubstr("semicolon"));
    EXPECT_THAT(refusal("SELECT 1; SELECT 2;\n"), HasSubstr("behind a semicolon"));
    EXPECT_THAT(refusal("-- @in batches\n"), HasSubstr("without a statement"));
}

TEST(SchemaScript, ValuesAreEscapedForTheirQuotes) {
    EXPECT_EQ(fill_in("DROP `{1}`.`{2}`", {"a`b", "c"}), "DROP `a``b`.`c`");
    EXPECT_EQ(fill_in("x = '{1}'", {R"(a'b\c`)"}), R"(x = 'a''b\\c`')");
    EXPECT_EQ(fill_in("{} '{x}' {1", {}), "{} '{x}' {1");
    EXPECT_THROW((void)fill_in("x = {1}", {"a"}), Error);
    EXPECT_THROW((void)fill_in("x = '{2}'", {"a"}), Error);
}

TEST(SchemaFiles, AreAllUnderstoodAndNumberedWithoutGaps) {
    int version = 0;
    for (const auto& file : schema_files()) {
        const auto script = parse_script(file.name, file.text);
        EXPECT_EQ(script.version, version) << file.name;
        EXPECT_FALSE(script.statements.empty()) << file.name;
        EXPECT_EQ(script.oldest_binary.empty(), version == 0) << file.name;
        ++version;
    }
    EXPECT_GT(version, 1);
}

} // namespace
} // namespace nanomdm::storage::mysql
