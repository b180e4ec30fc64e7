// Commands as administrators enqueue them.
#include "mdm/decode.hpp"
#include "unit/mdm/bodies.hpp"

#include <gtest/gtest.h>

namespace nanomdm {
namespace {

using test::expect_invalid;
using test::xml;

std::string command(const std::string& uuid, const std::string& request_type) {
    plist::XmlWriter writer;
    writer.begin_dict().key("Command").begin_dict().key("RequestType").string(request_type);
    writer.key("Payload").data("profile").end().key("CommandUUID").string(uuid);
    return writer.finish();
}

TEST(Command, KeepsUuidRequestTypeAndEveryByte) {
    const auto body = command("c-1", "InstallProfile");
    const auto decoded = decode_command(body);
    EXPECT_EQ(decoded.uuid.str(), "c-1");
    EXPECT_EQ(decoded.request_type.str(), "InstallProfile");
    EXPECT_EQ(decoded.raw, body);
}

TEST(Command, MayBeBinary) {
    test::BinaryBuilder builder;
    const auto inner = builder.dict({{builder.ascii("RequestType"), builder.ascii("RestartDevice")}});
    const auto root = builder.dict(
        {{builder.ascii("Command"), inner}, {builder.ascii("CommandUUID"), builder.ascii("c-2")}});
    EXPECT_EQ(decode_command(builder.finish(root)).request_type.str(), "RestartDevice");
}

TEST(Command, NeedsUuidAndRequestType) {
    for (const auto* content :
         {"<dict/>", "<dict><key>CommandUUID</key><string>c</string></dict>",
          "<dict><key>CommandUUID</key><string>c</string><key>Command</key><dict/></dict>",
          "<dict><key>CommandUUID</key><string>c</string><key>Command</key><string>x</string></dict>",
          "<dict><key>CommandUUID</key><string>c</string><key>Command</key>"
          "<dict><key>RequestType</key><true/></dict></dict>",
          "<dict><key>CommandUUID</key><string>c</string><key>RequestType</key><string>x</string></dict>",
          "<dict><key>Command</key><dict><key>RequestType</key><string>x</string></dict></dict>",
          "<dict><key>CommandUUID</key><integer>1</integer><key>Command</key>"
          "<dict><key>RequestType</key><string>x</string></dict></dict>",
          "<array/>"})
        expect_invalid([&] { (void)decode_command(xml(content)); }, content);
    expect_invalid([] { (void)decode_command("{\"CommandUUID\":\"c\"}"); }, "JSON");
}

TEST(Command, MembersAreBounded) {
    EXPECT_NO_THROW((void)decode_command(command(std::string(127, 'c'), std::string(63, 'r'))));
    expect_invalid([] { (void)decode_command(command(std::string(128, 'c'), "r")); }, "CommandUUID");
    expect_invalid([] { (void)decode_command(command("c", std::string(64, 'r'))); }, "RequestType");
    expect_invalid([] { (void)decode_command(command("", "r")); }, "empty CommandUUID");
    expect_invalid([] { (void)decode_command(command("c", "")); }, "empty RequestType");
}

} // namespace
} // namespace nanomdm
