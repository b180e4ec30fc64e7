// The top-level reader: members in order, whatever they hold, and no further than the body makes sense.
#include "plist/top_level.hpp"

#include "unit/plist/binary_builder.hpp"
#include "unit/plist/documents.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace nanomdm::plist {
namespace {

using test::BinaryBuilder;
using test::repeat;
using test::xml;

struct Seen {
    std::vector<std::pair<std::string, std::optional<std::string>>> members;
    bool complete = false;
};

Seen read(const std::string& body) {
    Seen seen;
    TopLevel top{body};
    while (const auto member = top.next()) seen.members.emplace_back(member->key, member->string());
    seen.complete = top.complete();
    return seen;
}

std::vector<std::string> keys(const std::string& body) {
    std::vector<std::string> keys;
    for (const auto& [key, text] : read(body).members) keys.push_back(key);
    return keys;
}

using Keys = std::vector<std::string>;

TEST(TopLevel, GivesMembersInOrder) {
    const auto seen = read(xml("<dict><key>Status</key><string>Idle</string><key>N</key><integer>3</integer>"
                               "<key>E</key><string/><key>UDID</key><string>a&amp;b</string></dict>"));
    ASSERT_EQ(seen.members.size(), 4U);
    EXPECT_EQ(seen.members[0].second, "Idle");
    EXPECT_EQ(seen.members[1].second, std::nullopt);
    EXPECT_EQ(seen.members[2].second, "");
    EXPECT_EQ(seen.members[3].second, "a&b");
    EXPECT_TRUE(seen.complete);
}

TEST(TopLevel, PassesOverContainersWithKeysOfTheSameName) {
    EXPECT_EQ(keys(xml("<dict><key>A</key><dict><key>Status</key><string>x</string><key>B</key><dict/></dict>"
                       "<key>C</key><array><dict><key>Status</key><array/></dict></array>"
                       "<key>D</key><string>x</string></dict>")),
              (Keys{"A", "C", "D"}));
}

TEST(TopLevel, DoesNotJudgeWhatIsBelowTheRoot) {
    const auto inside = [](const std::string& content) {
        return keys(xml("<dict><key>A</key>" + content + "<key>B</key><true/></dict>"));
    };
    EXPECT_EQ(inside("<dict><key>no value</key></dict>"), (Keys{"A", "B"}));
    EXPECT_EQ(inside("<array><string>\xFF &nbsp; \x01</string>junk<frog/></array>"), (Keys{"A", "B"}));
    EXPECT_EQ(inside("<array><!-- </array> --><string><![CDATA[</array>]]></string></array>"),
              (Keys{"A", "B"}));
    EXPECT_EQ(inside(repeat("<array>", 1000) + repeat("</array>", 1000)), (Keys{"A", "B"}));
    EXPECT_EQ(inside("<string>\xFF &nbsp;</string>"), (Keys{"A", "B"}));
    EXPECT_EQ(inside("<data>###</data>"), (Keys{"A", "B"}));
}

TEST(TopLevel, EndsWhereTheBodyStopsMakingSense) {
    for (const auto* end :
         {"", "<key>B", "<key>B</key>", "<key>B</key><string>", "<key>B</key><array>", "junk",
          "<key>B</key><frog/>", "<string>x</string>", "</array>", "<key>&b;</key><true/>"}) {
        const auto seen = read("<plist><dict><key>A</key><string>x</string>" + std::string{end});
        ASSERT_EQ(seen.members.size(), 1U) << end;
        EXPECT_FALSE(seen.complete) << end;
    }
}

TEST(TopLevel, GivesNothingOfOtherDocuments) {
    for (const auto& body :
         {std::string{}, std::string{"x"}, xml("<array/>"), xml("<string>x</string>"),
          std::string{"<dict><key>A</key><true/></dict>"}, std::string{"bplist00"},
          std::string{"<?xml version=\"1.0\" encoding=\"UTF-16\"?><plist><dict><key>A</key><true/>"}}) {
        const auto seen = read(body);
        EXPECT_TRUE(seen.members.empty()) << body;
        EXPECT_FALSE(seen.complete) << body;
    }
}

TEST(TopLevel, EmptyDictIsComplete) {
    EXPECT_TRUE(read(xml("<dict/>")).complete);
    EXPECT_TRUE(read(xml("<dict></dict>")).complete);
}

TEST(TopLevel, PlainStringIsAViewIntoTheBody) {
    const auto body = xml("<dict><key>a</key><string>plain</string><key>b</key><string>a&amp;b</string>"
                          "<key>c</key><string>x<!-- --></string><key>d</key><true/></dict>");
    TopLevel top{body};
    const auto plain = top.next()->plain_string();
    ASSERT_EQ(plain, "plain");
    EXPECT_GE(plain->data(), body.data());
    EXPECT_LT(plain->data(), body.data() + body.size());
    EXPECT_EQ(top.next()->plain_string(), std::nullopt);
    EXPECT_EQ(top.next()->plain_string(), std::nullopt);
    EXPECT_EQ(top.next()->plain_string(), std::nullopt);
}

TEST(TopLevel, ReadsBinaryLists) {
    BinaryBuilder builder;
    const auto root = builder.dict({{builder.ascii("Status"), builder.ascii("Idle")},
                                    {builder.utf16(u"UDID"), builder.utf16(u"\u20ac")},
                                    {builder.ascii("Nested"), builder.array({0})}});
    const auto body = builder.finish(root);
    const auto seen = read(body);
    ASSERT_EQ(seen.members.size(), 3U);
    EXPECT_EQ(seen.members[0].second, "Idle");
    EXPECT_EQ(seen.members[1].first, "UDID");
    EXPECT_EQ(seen.members[1].second, "\xE2\x82\xAC");
    EXPECT_EQ(seen.members[2].second, std::nullopt);
    EXPECT_TRUE(seen.complete);
    TopLevel top{body};
    EXPECT_EQ(top.next()->plain_string(), "Idle");
    EXPECT_EQ(top.next()->plain_string(), std::nullopt) << "UTF-16 is not in the body as it is";
}

TEST(TopLevel, BrokenMembersOfABinaryListDoNotHideTheOthers) {
    BinaryBuilder builder;
    const auto cut = builder.raw("\x5f\x13\x7f");
    const auto root = builder.dict({{builder.integer(1), cut},
                                    {builder.ascii("A"), cut},
                                    {builder.ascii("B"), 1'000'000},
                                    {builder.ascii(std::string(200, 'k')), builder.boolean(true)},
                                    {builder.ascii("C"), builder.ascii("x")}});
    EXPECT_EQ(keys(builder.finish(root)), Keys{"C"});
}

} // namespace
} // namespace nanomdm::plist
