// Typed lookups in decoded property lists.
#include "plist/value.hpp"

#include "plist/xml_writer.hpp"
#include "unit/plist/documents.hpp"

#include <gtest/gtest.h>

namespace nanomdm::plist {
namespace {

using test::expect_invalid;
using test::xml;

TEST(Document, GivesMembersByNameAndType) {
    const auto document = Document::decode(
        xml("<dict><key>s</key><string>a &amp; b</string><key>d</key><data>AAEC</data><key>t</key><true/>"
            "<key>f</key><false/><key>i</key><integer>-5</integer>"
            "<key>o</key><dict><key>s</key><string>inner</string></dict></dict>"));
    const auto root = document.root();
    EXPECT_EQ(root.string("s"), "a & b");
    EXPECT_EQ(root.data("d"), std::string("\0\1\2", 3));
    EXPECT_EQ(root.boolean("t"), true);
    EXPECT_EQ(root.boolean("f"), false);
    EXPECT_EQ(root.integer("i"), -5);
    EXPECT_EQ(root.dict("o")->string("s"), "inner");
    EXPECT_EQ(root.kind("o"), Kind::dict);
}

TEST(Document, WritesWhatItReadAsXml) {
    const std::string body =
        xml("<dict><key>s &lt;</key><string>a &amp; \xC3\xB6</string><key>d</key><data>AAEC</data>"
            "<key>o</key><array><integer>-5</integer><true/></array></dict>");
    const auto text = Document::decode(body).to_xml();
    EXPECT_TRUE(text.starts_with("<?xml"));
    const auto again = Document::decode(text);
    EXPECT_EQ(again.root().string("s <"), "a & \xC3\xB6");
    EXPECT_EQ(again.root().data("d"), std::string("\0\1\2", 3));
    EXPECT_EQ(again.root().kind("o"), Kind::array);
    EXPECT_EQ(again.to_xml(), text);
}

TEST(Document, AbsentMembersAreNoError) {
    const auto document = Document::decode(xml("<dict/>"));
    EXPECT_EQ(document.root().string("x"), std::nullopt);
    EXPECT_EQ(document.root().data("x"), std::nullopt);
    EXPECT_EQ(document.root().boolean("x"), std::nullopt);
    EXPECT_EQ(document.root().integer("x"), std::nullopt);
    EXPECT_FALSE(document.root().dict("x").has_value());
    EXPECT_EQ(document.root().kind("x"), std::nullopt);
}

TEST(Document, AnotherTypeIsAnError) {
    const auto document =
        Document::decode(xml("<dict><key>k</key><integer>1</integer><key>s</key><string/></dict>"));
    const auto root = document.root();
    expect_invalid([&] { (void)root.string("k"); }, "string");
    expect_invalid([&] { (void)root.data("k"); }, "data");
    expect_invalid([&] { (void)root.boolean("k"); }, "boolean");
    expect_invalid([&] { (void)root.dict("k"); }, "dict");
    expect_invalid([&] { (void)root.integer("s"); }, "integer");
}

TEST(Document, EmptyElementsAreEmptyValues) {
    const auto document = Document::decode(
        xml("<dict><key>s</key><string/><key>d</key><data></data><key>e</key><data/></dict>"));
    EXPECT_EQ(document.root().string("s"), "");
    EXPECT_EQ(document.root().data("d"), "");
    EXPECT_EQ(document.root().data("e"), "");
}

TEST(Document, LastOfEqualKeysCounts) {
    const auto document = Document::decode(
        xml("<dict><key>k</key><string>1</string><key>x</key><true/><key>k</key><true/></dict>"));
    EXPECT_EQ(document.root().boolean("k"), true);
    EXPECT_EQ(document.root().boolean("x"), true);
}

TEST(Document, FindsKeysAmongThousands) {
    XmlWriter writer;
    writer.begin_dict();
    for (int i = 0; i < 4000; ++i) writer.key("key " + std::to_string(i)).integer(i);
    const auto document = Document::decode(writer.finish());
    for (const int i : {0, 499, 500, 501, 3999})
        EXPECT_EQ(document.root().integer(("key " + std::to_string(i)).c_str()), i);
}

TEST(Document, RootMustBeADict) {
    for (const auto* root : {"<array/>", "<string>x</string>", "<true/>", "<data>AAAA</data>"})
        expect_invalid([&] { (void)Document::decode(xml(root)); }, root);
}

TEST(Document, ReadsCommentsCdataAndAByteOrderMark) {
    const auto document = Document::decode(
        "\xEF\xBB\xBF" +
        xml("<dict><!-- c --><key>a<!-- c -->b</key><string>x<![CDATA[<y>]]>z</string></dict>"));
    EXPECT_EQ(document.root().string("ab"), "x<y>z");
}

TEST(Document, AMemberThatIsSetTakesThePlaceOfTheFormerOne) {
    const std::string bytes{"\0\xFF new", 6};
    auto document = Document::decode(xml("<dict><key>a</key><string>old</string><key>b</key><true/></dict>"));
    document.set_data("a", bytes);
    document.set_data("c", "");
    const auto again = Document::decode(document.to_xml());
    EXPECT_EQ(again.root().data("a"), bytes);
    EXPECT_EQ(again.root().boolean("b"), true);
    EXPECT_EQ(again.root().data("c"), "");
}

TEST(Dict, StringsAreTheMembersThatAreStrings) {
    const auto document =
        Document::decode(xml("<dict><key>a</key><string>1</string><key>b &amp;</key><string>2 &lt;</string>"
                             "<key>n</key><integer>3</integer><key>a</key><string>4</string></dict>"));
    EXPECT_EQ(document.root().strings(), (std::map<std::string, std::string>{{"a", "4"}, {"b &", "2 <"}}));
    EXPECT_TRUE(Document::decode(xml("<dict/>")).root().strings().empty());
}

} // namespace
} // namespace nanomdm::plist
