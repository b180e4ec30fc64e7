// The guard for XML: what devices send passes, what would hurt libplist or mislead a reader does not.
#include "plist/guard.hpp"

#include "plist/limits.hpp"
#include "unit/plist/documents.hpp"

#include <gtest/gtest.h>

namespace nanomdm::plist {
namespace {

using test::repeat;
using test::xml;
using namespace std::string_literals;

void expect_refused(const std::string& body) {
    test::expect_invalid([&] { guard(body); }, body);
}

TEST(XmlGuard, PassesEveryTypeOfValue) {
    EXPECT_NO_THROW(
        guard(xml("<dict><key>s</key><string>x</string><key>d</key><data>\n\tAAAA\n</data>"
                  "<key>t</key><true/><key>f</key><false/><key>i</key><integer>-12</integer>"
                  "<key>r</key><real>1.5e3</real><key>w</key><date>2026-08-01T12:00:00Z</date>"
                  "<key>a</key><array><string/><dict/><array/></array><key/><string></string></dict>")));
}

TEST(XmlGuard, PassesWhatXmlAllowsAround) {
    EXPECT_NO_THROW(guard("\xEF\xBB\xBF" + xml("<dict/>"))) << "byte order mark";
    EXPECT_NO_THROW(guard("<plist><dict/></plist>")) << "no header";
    EXPECT_NO_THROW(guard("<?xml version='1.0'?><plist><true/></plist>"));
    EXPECT_NO_THROW(guard("<?xml version=\"1.0\" encoding='us-ascii' ?><plist><true/></plist>"));
    EXPECT_NO_THROW(guard("<!-- a --><?pi x?><plist ><dict ><!-- > < --></dict ></plist ><!-- end -->\n"));
    EXPECT_NO_THROW(guard(xml("<true></true>")));
}

TEST(XmlGuard, RefusesWhatIsNoPropertyList) {
    for (const auto& body :
         {""s, " "s, "x"s, "<"s, "{}"s, "<html></html>"s, "<dict/>"s, "<plist/>"s, "<plist></plist>"s,
          "<plist><dict>"s, "<plist><dict/>"s, "<plist><dict></plist>"s, "<plist><string>x"s,
          "<plist><string>x</plist>"s, "<plist><frog/></plist>"s, "<plist><key>x</key></plist>"s})
        expect_refused(body);
}

TEST(XmlGuard, RefusesWhatLibplistLetsThrough) {
    for (const auto* content :
         {"<dict/><dict/>", "<dict><key>a</key></dict>", "<dict><key>a</key><key>b</key></dict>",
          "<dict><string>a</string></dict>", "<dict><key>a</key><true/><true/></dict>", "<dict/>junk",
          "<array>junk</array>", "<array><key>a</key></array>", "<dict></array>", "<true>yes</true>",
          "<string>\xFF</string>", "<data>####</data>", "<data>AA<!-- -->AA</data>", "<data>QQ</data>",
          "<integer>twelve</integer>", "<integer>1<!-- -->2</integer>", "<string a='b'>x</string>",
          "<dict><key a='b'>x</key><true/></dict>"})
        expect_refused(xml(content));
    expect_refused(xml("<dict/>") + "<plist><dict/></plist>");
    expect_refused(xml("<dict/>") + "trailing");
    expect_refused(xml("<string>a\0b</string>"s));
}

TEST(XmlGuard, RefusesEntityAndDoctypeTricks) {
    expect_refused("<!DOCTYPE plist [<!ENTITY a \"b\">]><plist><string>&a;</string></plist>");
    expect_refused("<!DOCTYPE plist [ ]><plist><dict/></plist>");
    expect_refused("<!DOCTYPE plist SYSTEM \"a>b\"><plist><dict/></plist>");
    expect_refused("<!DOCTYPE plist><!DOCTYPE plist><plist><dict/></plist>");
    expect_refused("<plist><!DOCTYPE plist><dict/></plist>");
    expect_refused("<plist><dict/><!ENTITY a \"b\"></plist>");
    expect_refused(xml("<string>&a;</string>"));
    expect_refused("<?xml version=\"1.0\" encoding=\"UTF-16\"?><plist><dict/></plist>");
    expect_refused("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><plist><dict/></plist>");
    expect_refused("<?xml version=\"1.0\" encoding=UTF-8?><plist><dict/></plist>");
    expect_refused(" <?xml version=\"1.0\"?><plist><dict/></plist>");
    expect_refused("<?x \"?><plist><dict/></plist>");
    expect_refused("<?><plist><dict/></plist>");
}

TEST(XmlGuard, NestsSixtyFourDeepAndNoDeeper) {
    EXPECT_NO_THROW(guard(xml(repeat("<array>", max_depth) + repeat("</array>", max_depth))));
    expect_refused(xml(repeat("<array>", max_depth + 1) + repeat("</array>", max_depth + 1)));
    expect_refused(xml(repeat("<array>", max_depth) + "<dict/>" + repeat("</array>", max_depth)));
    expect_refused(repeat("<plist>", 2) + "<dict/>" + repeat("</plist>", 2));
}

TEST(XmlGuard, CountsKeysAndValues) {
    EXPECT_NO_THROW(guard(xml("<array>" + repeat("<true/>", max_nodes - 1) + "</array>")));
    expect_refused(xml("<array>" + repeat("<true/>", max_nodes) + "</array>"));
}

std::string dict_with(std::size_t keys) { return "<dict>" + repeat("<key>k</key><true/>", keys) + "</dict>"; }

TEST(XmlGuard, BoundsTheKeysOfADict) {
    EXPECT_NO_THROW(guard(xml(dict_with(4900))));
    expect_refused(xml(dict_with(5000)));
    EXPECT_NO_THROW(guard(xml("<array>" + repeat(dict_with(100), 1000) + "</array>")));
    expect_refused(xml("<array>" + repeat(dict_with(1000), 25) + "</array>"));
}

TEST(XmlGuard, BoundsEntitiesTimesLength) {
    const auto string_with = [](std::size_t entities) {
        return "<string>" + repeat("&amp;", entities) + "</string>";
    };
    EXPECT_NO_THROW(guard(xml(string_with(30'000))));
    expect_refused(xml(string_with(32'000)));
    expect_refused(xml("<array>" + repeat(string_with(16'000), 5) + "</array>"));
    EXPECT_NO_THROW(guard(xml("<array>" + repeat(string_with(1), 100'000) + "</array>")));
    EXPECT_NO_THROW(guard(xml("<string><![CDATA[" + repeat("&amp;", 40'000) + "]]></string>")));
}

TEST(XmlGuard, BoundsTheSumOfAllWork) {
    const auto half = "<array>" + repeat("<true/>", max_nodes / 2) + "</array>";
    EXPECT_NO_THROW(guard(xml("<array>" + half + "</array>")));
    expect_refused(xml("<array>" + half + dict_with(4000) + "</array>"));
}

} // namespace
} // namespace nanomdm::plist
