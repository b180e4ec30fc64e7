// The generators. Some stay just under a limit of the guard: those are the most libplist ever has to do.
#include "bench/plist/hostile.hpp"

#include "plist/limits.hpp"
#include "unit/plist/binary_builder.hpp"

#include <algorithm>
#include <utility>

namespace nanomdm::bench {
namespace {

using plist::max_depth;
using plist::max_nodes;
using test::BinaryBuilder;

constexpr std::size_t largest = 16 * 1024 * 1024;

std::string fill(std::string_view unit, std::size_t bytes) {
    std::string text;
    text.reserve(bytes + unit.size());
    while (text.size() + unit.size() <= bytes) text += unit;
    return text;
}

std::string repeat(std::string_view unit, std::size_t times) { return fill(unit, unit.size() * times); }

/// A list whose root dict has Status and UDID, then `content` as the last member.
std::string around(const std::string& content) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><plist version=\"1.0\"><dict><key>Status</key>"
           "<string>Error</string><key>UDID</key><string>U-1</string><key>X</key>" +
           content + "</dict></plist>";
}

std::string around_filled(const std::string& open, std::string_view unit, const std::string& close) {
    const auto frame = around(open + close).size();
    return around(open + fill(unit, largest - frame) + close);
}

std::string distinct_keys(std::size_t count) {
    std::string dict = "<dict>";
    for (std::size_t i = 0; i < count; ++i) dict += "<key>k" + std::to_string(i) + "</key><true/>";
    return dict + "</dict>";
}

/// Keys that fall into one bucket of any hash of the form h = 33 h + c: "bA" and "ab" weigh the same.
std::string colliding_keys(std::size_t count) {
    std::string dict = "<dict>";
    for (std::size_t i = 0; i < count; ++i) {
        dict += "<key>";
        for (std::size_t bit = 0; bit < 20; ++bit) dict += (i >> bit & 1) != 0 ? "bA" : "ab";
        dict += "</key><true/>";
    }
    return dict + "</dict>";
}

std::string nested_arrays(std::size_t depth) { return repeat("<array>", depth) + repeat("</array>", depth); }

} // namespace

std::vector<Hostile> hostile_xml() {
    std::vector<Hostile> all;
    const auto add = [&all](std::string name, std::string body) {
        all.push_back({std::move(name), std::move(body)});
    };
    add("arrays, 16 MiB open", around_filled("", "<array>", ""));
    add("arrays, 16 MiB in closed pairs", around_filled("<array>", "<array></array>", "</array>"));
    add("arrays 63 deep, again and again",
        around("<array>" + repeat(nested_arrays(max_depth - 2), max_nodes / max_depth) + "</array>"));
    add("most booleans that pass", around("<array>" + repeat("<true/>", max_nodes - 8) + "</array>"));
    add("most strings that pass",
        around("<array>" + repeat("<string>a</string>", max_nodes - 8) + "</array>"));
    add("most small dicts that pass",
        around("<array>" + repeat("<dict><key>a</key><string>a</string></dict>", max_nodes / 3 - 2000) +
               "</array>"));
    add("1,000,000 booleans", around("<array>" + repeat("<true/>", 1'000'000) + "</array>"));
    add("booleans, 16 MiB", around_filled("<array>", "<true/>", "</array>"));
    add("most keys that pass", around(distinct_keys(4900)));
    add("most colliding keys that pass", around(colliding_keys(4900)));
    add("dicts of 400 colliding keys", around("<array>" + repeat(colliding_keys(400), 120) + "</array>"));
    add("400,000 keys in one dict", around(distinct_keys(400'000)));
    add("members of the root, 16 MiB",
        "<plist><dict>" + fill("<key/><true/>", largest - 30) + "</dict></plist>");
    add("Status again and again, 16 MiB",
        "<plist><dict>" + fill("<key>Status</key><string/>", largest - 30) + "</dict></plist>");
    add("most entities that pass", around("<string>" + repeat("&amp;", 30'000) + "</string>"));
    add("most entities that pass, 16 MiB",
        around("<string>" + repeat("&amp;", 290) + std::string(largest - 2000, 'x') + "</string>"));
    add("values and comments, 16 MiB", around("<array>" + repeat("<true/>", max_nodes - 16) + "<string>" +
                                              fill("<!---->", largest - 3'600'000) + "</string></array>"));
    add("values, keys and entities, 16 MiB",
        around("<array>" + repeat("<dict/>", max_nodes / 3) + colliding_keys(2700) + "<string>" +
               repeat("&amp;", 90) + std::string(largest - 2'000'000, 'x') + "</string></array>"));
    add("&amp;, 16 MiB", around_filled("<string>", "&amp;", "</string>"));
    add("&, 16 MiB", around_filled("<string>", "&", "</string>"));
    add("<, 16 MiB", around_filled("", "<", ""));
    add("<!, 16 MiB", around_filled("", "<!", ""));
    add("<!--, 16 MiB", around_filled("", "<!--", ""));
    add("comments in text, 16 MiB", around_filled("<string>", "<!---->", "</string>"));
    add("CDATA in text, 16 MiB", around_filled("<string>", "<![CDATA[x]]>", "</string>"));
    add("one string, 16 MiB", around_filled("<string>", "x", "</string>"));
    add("one string of 3-byte UTF-8", around_filled("<string>", "\xE2\x82\xAC", "</string>"));
    add("data, 16 MiB", around_filled("<data>", "AAAA", "</data>"));
    add("white space, 16 MiB", around_filled("", " ", "<true/>"));
    add("white space in data, 16 MiB", around_filled("<data>", " ", "</data>"));
    add("digits, 16 MiB", around_filled("<integer>", "1", "</integer>"));
    add("one attribute, 16 MiB", "<plist version=\"" + fill("x", largest) + "\"><dict/></plist>");
    add("entity declarations, 16 MiB",
        "<!DOCTYPE plist [" + fill("<!ENTITY a \"b\">", largest) + "]><plist><dict/></plist>");
    return all;
}

std::vector<Hostile> hostile_binary() {
    std::vector<Hostile> all;
    const auto add = [&all](std::string name, std::string body) {
        all.push_back({std::move(name), std::move(body)});
    };
    using Members = std::vector<std::pair<BinaryBuilder::Ref, BinaryBuilder::Ref>>;
    const auto finish = [](BinaryBuilder& builder, BinaryBuilder::Ref extra) {
        return builder.finish(builder.dict({{builder.ascii("Status"), builder.ascii("Error")},
                                            {builder.ascii("UDID"), builder.ascii("U-1")},
                                            {builder.ascii("X"), extra}}));
    };
    {
        BinaryBuilder builder;
        auto inner = builder.array({});
        for (int i = 0; i < 500'000; ++i) inner = builder.array({inner});
        add("binary, 500,000 deep", finish(builder, inner));
    }
    {
        BinaryBuilder builder;
        auto inner = builder.boolean(true);
        for (int i = 0; i < 60; ++i) inner = builder.array({inner, inner});
        add("binary bomb, 2^60 values", finish(builder, inner));
    }
    {
        BinaryBuilder builder;
        add("binary, most booleans that pass",
            finish(builder,
                   builder.array(std::vector<BinaryBuilder::Ref>(max_nodes - 8, builder.boolean(true)))));
    }
    {
        BinaryBuilder builder;
        add("binary, most strings that pass",
            finish(builder,
                   builder.array(std::vector<BinaryBuilder::Ref>(max_nodes - 8, builder.ascii("a")))));
    }
    {
        BinaryBuilder builder{1};
        add("binary, 16,000,000 references", builder.finish(builder.array(std::vector<BinaryBuilder::Ref>(
                                                 16'000'000, builder.boolean(true)))));
    }
    {
        BinaryBuilder builder{1};
        const auto key = builder.ascii("k");
        add("binary, 8,000,000 keys", builder.finish(builder.dict(Members(8'000'000, {key, key}))));
    }
    {
        BinaryBuilder builder{1};
        const auto key = builder.ascii(std::string(128, 'k'));
        add("binary, 8,000,000 long keys", builder.finish(builder.dict(Members(8'000'000, {key, key}))));
    }
    {
        BinaryBuilder builder{1};
        const auto status = builder.ascii("Status");
        const auto text = builder.utf16(std::u16string(4'000'000, u'x'));
        add("binary, Status 4,000,000 times",
            builder.finish(builder.dict(Members(4'000'000, {status, text}))));
    }
    {
        BinaryBuilder builder;
        add("binary, UTF-16, 16 MiB",
            finish(builder, builder.utf16(std::u16string(largest / 2 - 300, u'\u20ac'))));
    }
    {
        BinaryBuilder builder;
        const auto text = builder.utf16(std::u16string(largest / 2 - 300, u'\u20ac'));
        add("binary, UTF-16, 16 MiB twice", finish(builder, builder.array({text, text})));
    }
    {
        BinaryBuilder builder;
        add("binary, data, 16 MiB", finish(builder, builder.data(std::string(largest - 300, '\x80'))));
    }
    {
        BinaryBuilder builder;
        add("binary, declared 2^62 entries",
            finish(builder, builder.raw(BinaryBuilder::marker(0xA0, 1ULL << 62))));
    }
    return all;
}

} // namespace nanomdm::bench
