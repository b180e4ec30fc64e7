// The guard for binary lists: sound ones decode, those whose tables lie are refused.
#include "plist/guard.hpp"
#include "plist/limits.hpp"
#include "plist/value.hpp"
#include "unit/plist/binary_builder.hpp"
#include "unit/plist/documents.hpp"

#include <gtest/gtest.h>

namespace nanomdm::plist {
namespace {

using test::BinaryBuilder;

void expect_refused(const std::string& body, const char* why) {
    test::expect_invalid([&] { guard(body); }, why);
}

/// {"Status": <object>}
std::string dict_of(BinaryBuilder& builder, BinaryBuilder::Ref value) {
    const auto key = builder.ascii("Status");
    return builder.finish(builder.dict({{key, value}}));
}

std::string dict_of_raw(std::string object) {
    BinaryBuilder builder;
    const auto value = builder.raw(std::move(object));
    return dict_of(builder, value);
}

TEST(BinaryPlist, DecodesEveryTypeOfValue) {
    BinaryBuilder builder;
    const auto root = builder.dict({{builder.ascii("s"), builder.ascii("text")},
                                    {builder.ascii("u"), builder.utf16(u"\u00e9\u20ac\U0001F600")},
                                    {builder.ascii("d"), builder.data(std::string(300, '\x80'))},
                                    {builder.ascii("b"), builder.boolean(true)},
                                    {builder.ascii("i"), builder.integer(77)},
                                    {builder.ascii("a"), builder.array({builder.boolean(false)})},
                                    {builder.ascii("o"), builder.dict({})}});
    const auto document = Document::decode(builder.finish(root));
    EXPECT_EQ(document.root().string("s"), "text");
    EXPECT_EQ(document.root().string("u"), "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    EXPECT_EQ(document.root().data("d"), std::string(300, '\x80'));
    EXPECT_EQ(document.root().boolean("b"), true);
    EXPECT_EQ(document.root().integer("i"), 77);
    EXPECT_EQ(document.root().kind("a"), Kind::array);
    EXPECT_TRUE(document.root().dict("o").has_value());
}

TEST(BinaryPlist, TakesEveryWidthOfOffsetsAndReferences) {
    for (std::size_t width = 1; width <= 8; ++width) {
        BinaryBuilder builder{width};
        const auto root = builder.dict({{builder.ascii("k"), builder.ascii("v")}});
        EXPECT_EQ(Document::decode(builder.finish(root, width)).root().string("k"), "v") << width;
    }
}

TEST(BinaryPlist, TakesSharedObjects) {
    BinaryBuilder builder;
    const auto shared = builder.ascii("shared");
    EXPECT_EQ(Document::decode(builder.finish(builder.dict({{shared, shared}}))).root().string("shared"),
              "shared");
}

TEST(BinaryPlist, LastOfEqualKeysCounts) {
    BinaryBuilder builder;
    const auto key = builder.ascii("k");
    const auto root = builder.dict({{key, builder.ascii("first")}, {key, builder.ascii("last")}});
    EXPECT_EQ(Document::decode(builder.finish(root)).root().string("k"), "last");
}

TEST(BinaryPlist, RefusesEveryTruncation) {
    BinaryBuilder builder;
    const auto body = dict_of(builder, builder.ascii("Acknowledged"));
    for (std::size_t size = 0; size < body.size(); ++size) {
        const auto cut = body.substr(0, size);
        test::expect_invalid([&] { (void)Document::decode(cut); }, "cut at " + std::to_string(size));
    }
}

TEST(BinaryPlist, RefusesLyingTrailers) {
    const auto trailer = [](std::uint64_t offset_size, std::uint64_t reference_size, std::uint64_t objects,
                            std::uint64_t root, std::uint64_t table) {
        return "bplist00\x08\x08" + BinaryBuilder::trailer(offset_size, reference_size, objects, root, table);
    };
    EXPECT_NO_THROW(guard(trailer(1, 1, 1, 0, 9))) << "the sound one, a boolean";
    expect_refused(trailer(0, 1, 1, 0, 9), "offset width 0");
    expect_refused(trailer(9, 1, 1, 0, 9), "offset width 9");
    expect_refused(trailer(1, 0, 1, 0, 9), "reference width 0");
    expect_refused(trailer(1, 9, 1, 0, 9), "reference width 9");
    expect_refused(trailer(1, 1, 0, 0, 9), "no objects");
    expect_refused(trailer(1, 1, 2, 0, 9), "more objects than offsets");
    expect_refused(trailer(8, 1, 1ULL << 61, 0, 9), "object count that overflows");
    expect_refused(trailer(1, 1, ~0ULL, 0, 9), "huge object count");
    expect_refused(trailer(1, 1, 1, 1, 9), "root outside");
    expect_refused(trailer(1, 1, 1, ~0ULL, 9), "root far outside");
    expect_refused(trailer(1, 1, 1, 0, 8), "no objects before the table");
    expect_refused(trailer(1, 1, 1, 0, 11), "table in the trailer");
    expect_refused(trailer(1, 1, 1, 0, ~0ULL), "table far outside");
}

TEST(BinaryPlist, RefusesObjectsOutsideTheObjectArea) {
    for (const char offset : {'\x00', '\x07', '\x09', '\x7f'})
        expect_refused("bplist00\x08" + std::string(1, offset) + BinaryBuilder::trailer(1, 1, 1, 0, 9),
                       "offset");
}

TEST(BinaryPlist, RefusesHugeCounts) {
    for (const unsigned type : {0x40U, 0x50U, 0x60U, 0xA0U, 0xD0U}) {
        for (const std::uint64_t count :
             {std::uint64_t{1000}, std::uint64_t{1} << 31, std::uint64_t{1} << 62, ~std::uint64_t{0}})
            expect_refused(dict_of_raw(BinaryBuilder::marker(type, count)), "huge count");
    }
}

TEST(BinaryPlist, RefusesTypesWithoutAnXmlForm) {
    using namespace std::string_literals;
    for (const auto& object : {"\x00"s, "\x01"s, "\x0f"s, "\x80\x01"s, "\xc0"s, "\x70"s, "\xe0"s, "\x15"s,
                               "\x20\x01"s, "\x32"s, "\x5f\x54\x01"s, "\x5f\x20\x01"s})
        expect_refused(dict_of_raw(object), "type");
}

TEST(BinaryPlist, RefusesBadText) {
    using namespace std::string_literals;
    BinaryBuilder builder;
    for (const auto& text : {u"\xD800"s, u"\xDC00"s, u"\xD800x"s, u"a\0b"s})
        expect_refused(dict_of(builder, builder.utf16(text)), "UTF-16");
    for (const auto& text : {"a\0b"s, "\xFF"s})
        expect_refused(dict_of(builder, builder.ascii(text)), "ASCII");
    expect_refused(builder.finish(builder.dict({{builder.data("k"), builder.boolean(true)}})), "data as key");
}

TEST(BinaryPlist, RefusesCycles) {
    BinaryBuilder self;
    expect_refused(self.finish(self.array({0})), "array that holds itself");
    BinaryBuilder two;
    const auto first = two.array({1});
    two.array({first});
    expect_refused(two.finish(first), "two arrays that hold each other");
}

TEST(BinaryPlist, NestsSixtyFourDeepAndNoDeeper) {
    BinaryBuilder builder;
    auto inner = builder.array({});
    for (std::size_t depth = 1; depth < max_depth; ++depth) inner = builder.array({inner});
    EXPECT_NO_THROW(guard(builder.finish(inner)));
    expect_refused(builder.finish(builder.array({inner})), "one deeper");
}

TEST(BinaryPlist, RefusesBombsOfSharedArrays) {
    BinaryBuilder builder;
    auto inner = builder.boolean(true);
    for (int level = 0; level < 40; ++level) inner = builder.array({inner, inner});
    expect_refused(builder.finish(inner), "2^40 values");
}

TEST(BinaryPlist, RefusesLongStringsNamedOften) {
    BinaryBuilder builder;
    const auto text = builder.ascii(std::string(1024 * 1024, 'x'));
    EXPECT_NO_THROW(guard(builder.finish(builder.array({text, text}))));
    expect_refused(builder.finish(builder.array({text, text, text, text})), "four times");
}

TEST(BinaryPlist, BoundsTheKeysOfADict) {
    BinaryBuilder builder;
    const auto key = builder.ascii("k");
    EXPECT_NO_THROW(guard(builder.finish(
        builder.dict(std::vector<std::pair<BinaryBuilder::Ref, BinaryBuilder::Ref>>(4900, {key, key})))));
    expect_refused(builder.finish(builder.dict(
                       std::vector<std::pair<BinaryBuilder::Ref, BinaryBuilder::Ref>>(5000, {key, key}))),
                   "5000 keys");
}

} // namespace
} // namespace nanomdm::plist
