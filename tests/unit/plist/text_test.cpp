// Text of leaf elements: entities, CDATA, comments, and UTF-8 at its edges.
#include "plist/utf8.hpp"
#include "plist/xml_text.hpp"

#include <gtest/gtest.h>
#include <string>

namespace nanomdm::plist {
namespace {

using namespace std::string_literals;

TEST(TextContent, ResolvesTheFiveEntitiesAndReferences) {
    EXPECT_EQ(read_text_content("a&amp;b&lt;c&gt;d&quot;e&apos;f"), "a&b<c>d\"e'f");
    EXPECT_EQ(read_text_content("&#65;&#x42;&#x20AC;&#x1F600;"), "AB\xE2\x82\xAC\xF0\x9F\x98\x80");
    EXPECT_EQ(read_text_content("&amp;amp;"), "&amp;") << "resolved once, not twice";
}

TEST(TextContent, JoinsTextCommentsAndCdata) {
    EXPECT_EQ(read_text_content("a<!-- & no -->b<![CDATA[<&amp;>]]>c"), "ab<&amp;>c");
    EXPECT_EQ(read_text_content("<![CDATA[]]>"), "");
}

TEST(TextContent, KeepsWhiteSpace) { EXPECT_EQ(read_text_content(" a\n\tb "), " a\n\tb "); }

TEST(TextContent, RefusesUnknownEntitiesAndBadText) {
    for (const auto& bad : {"&nbsp;"s, "&"s, "a&"s, "&amp"s, "&;"s, "&#;"s, "&#x;"s, "&#0;"s, "&#xD800;"s,
                            "&#x110000;"s, "&#-1;"s, "&#x 41;"s, "&ampx;"s, "\xC0\x80"s, "a\0b"s,
                            "<![CDATA[\xFF]]>"s, "&#99999999999999999999;"s}) {
        EXPECT_EQ(read_text_content(bad), std::nullopt) << bad;
        EXPECT_FALSE(check_text_content(bad).is_readable) << bad;
    }
}

TEST(TextContent, CheckCountsEntities) {
    EXPECT_EQ(check_text_content("no entity").entities, 0U);
    EXPECT_EQ(check_text_content("&lt;&gt;<!-- & -->&amp;").entities, 3U);
    EXPECT_EQ(check_text_content("<![CDATA[&&&&]]>").entities, 0U);
    EXPECT_EQ(check_text_content("&lt;x").bytes, 5U);
}

TEST(Utf8, KnowsTheEdgesOfEveryLength) {
    for (const auto good : {"", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                            "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
        EXPECT_TRUE(is_clean_utf8(good)) << good;
    for (const auto bad : {"\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
                           "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
        EXPECT_FALSE(is_clean_utf8(bad)) << bad;
}

TEST(Utf8, FindsABadByteAtEveryPlaceOfAWord) {
    for (std::size_t at = 0; at < 24; ++at) {
        std::string text(24, 'x');
        EXPECT_TRUE(is_clean_utf8(text));
        text[at] = '\0';
        EXPECT_FALSE(is_clean_utf8(text)) << at;
        text[at] = '\x80';
        EXPECT_FALSE(is_clean_utf8(text)) << at;
    }
}

} // namespace
} // namespace nanomdm::plist
