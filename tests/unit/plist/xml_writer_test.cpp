// The writer: its bytes, and that the reader takes back what it wrote.
#include "plist/xml_writer.hpp"

#include "plist/value.hpp"

#include <gtest/gtest.h>

namespace nanomdm::plist {
namespace {

TEST(XmlWriter, WritesApplesForm) {
    XmlWriter writer;
    writer.begin_dict().key("a").begin_array().string("x").boolean(true).end().key("b").integer(-1);
    EXPECT_EQ(writer.finish(), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                               "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
                               "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
                               "<plist version=\"1.0\">\n"
                               "<dict>\n"
                               "\t<key>a</key>\n"
                               "\t<array>\n"
                               "\t\t<string>x</string>\n"
                               "\t\t<true/>\n"
                               "\t</array>\n"
                               "\t<key>b</key>\n"
                               "\t<integer>-1</integer>\n"
                               "</dict>\n"
                               "</plist>\n");
}

TEST(XmlWriter, WhatItWritesReadsBackTheSame) {
    const std::string text = "<&>\"' ]]> \xF0\x9F\x98\x80\r\n\t";
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    XmlWriter writer;
    writer.begin_dict().key(text).string(text).key("d").data(bytes).key("e").data("").key("f").boolean(false);
    const auto document = Document::decode(writer.finish());
    EXPECT_EQ(document.root().string(text.c_str()), text);
    EXPECT_EQ(document.root().data("d"), bytes);
    EXPECT_EQ(document.root().data("e"), "");
    EXPECT_EQ(document.root().boolean("f"), false);
}

} // namespace
} // namespace nanomdm::plist
