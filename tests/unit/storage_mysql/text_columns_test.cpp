// What goes into a text column for bytes of any kind.
#include "storage/mysql/text_columns.hpp"

#include "crypto/digest.hpp"
#include "plist/value.hpp"

#include <gtest/gtest.h>
#include <plist/plist.h>

namespace nanomdm::storage::mysql {
namespace {

using namespace std::string_literals;

std::string bytes(const Parameter& parameter) {
    const auto* text = std::get_if<std::string_view>(&parameter);
    return text == nullptr ? "NULL" : std::string{*text};
}

bool is_null(const Parameter& parameter) { return std::holds_alternative<std::nullptr_t>(parameter); }

void expect_beside(const std::string& given, const TextColumn& column) {
    EXPECT_EQ(bytes(column.raw()), given);
    EXPECT_EQ(bytes(column.raw_of()), sha256(bytes(column.text())));
    EXPECT_TRUE(bytes(column.text()).starts_with("<?xml"));
}

std::string binary_list(const std::string& xml) {
    plist_t tree = nullptr;
    plist_from_xml(xml.data(), static_cast<std::uint32_t>(xml.size()), &tree);
    char* data = nullptr;
    std::uint32_t size = 0;
    plist_to_bin(tree, &data, &size);
    std::string result{data, size};
    plist_to_bin_free(data);
    plist_free(tree);
    return result;
}

TEST(TextColumn, XmlWithItsDeclarationStaysAsItIs) {
    for (const auto& xml :
         {"<?xml version=\"1.0\"?><plist/>"s, "<?xml"s, "<?xml \xF0\x9F\x98\x80 \xC3\xB6 \x01"s}) {
        const TextColumn column{xml};
        EXPECT_EQ(bytes(column.text()), xml);
        EXPECT_TRUE(is_null(column.raw()));
        EXPECT_TRUE(is_null(column.raw_of()));
    }
}

TEST(TextColumn, XmlWithoutDeclarationGetsOne) {
    const auto xml = "<plist><dict/></plist>"s;
    const TextColumn column{xml};
    expect_beside(xml, column);
    EXPECT_EQ(bytes(column.text()), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + xml);
}

TEST(TextColumn, WhatStandsBeforeTheDeclarationIsLeftOut) {
    for (const auto& before : {"\xEF\xBB\xBF"s, "\n "s, "\xEF\xBB\xBF\r\n"s}) {
        const auto xml = before + "<?xml version=\"1.0\"?><plist/>";
        const TextColumn column{xml};
        expect_beside(xml, column);
        EXPECT_EQ(bytes(column.text()), "<?xml version=\"1.0\"?><plist/>");
    }
}

TEST(TextColumn, BinaryListBecomesTheSameInXml) {
    const auto binary = binary_list("<plist><dict><key>RequestType</key><string>\xC3\xB6 &lt;</string>"
                                    "<key>Blob</key><data>AAEC</data></dict></plist>");
    ASSERT_TRUE(binary.starts_with("bplist00"));
    const TextColumn column{binary};
    expect_beside(binary, column);
    const auto document = plist::Document::decode(bytes(column.text()));
    EXPECT_EQ(document.root().string("RequestType"), "\xC3\xB6 <");
    EXPECT_EQ(document.root().data("Blob"), "\0\1\2"s);
}

TEST(TextColumn, AnythingElseBecomesANote) {
    const auto note = bytes(TextColumn{"hello"}.text());
    EXPECT_NE(note.find("_raw"), std::string::npos);
    EXPECT_NO_THROW((void)plist::Document::decode(note));
    for (const auto& given :
         {""s, "\0"s, "plain"s, "<?xml \xFF"s, "<?xml a\0b"s, "<plist>\xC3"s, "<?XML ?>"s.substr(1),
          "bplist00 but broken"s, "<?xml \xED\xA0\x80"s, "\xFE\xFF<\0?"s, " \n"s}) {
        const TextColumn column{given};
        expect_beside(given, column);
        EXPECT_EQ(bytes(column.text()), note) << given;
    }
}

TEST(TextColumn, LargeBytesAreNotWrittenTwice) {
    const auto xml = "<plist>" + std::string(256 * 1024, 'x') + "</plist>";
    const TextColumn column{xml};
    expect_beside(xml, column);
    EXPECT_LT(bytes(column.text()).size(), 1024U);

    const auto with_declaration = "<?xml?>" + xml;
    EXPECT_EQ(bytes(TextColumn{with_declaration}.text()), with_declaration);
}

TEST(TextColumn, BinaryListThatGrowsTooMuchIsNotWrittenAsXml) {
    std::string values;
    for (int i = 0; i < 40'000; ++i) values += "<true/>";
    const auto binary = binary_list("<plist><dict><key>a</key><array>" + values + "</array></dict></plist>");
    ASSERT_LT(binary.size(), 256U * 1024);
    const TextColumn column{binary};
    expect_beside(binary, column);
    EXPECT_LE(bytes(column.text()).size(), 512U * 1024);
}

} // namespace
} // namespace nanomdm::storage::mysql
