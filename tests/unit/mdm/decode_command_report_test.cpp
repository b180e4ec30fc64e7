// Command reports: accepted for their readable top-level members, whatever else they hold.
#include "mdm/decode.hpp"
#include "unit/mdm/bodies.hpp"

#include <gtest/gtest.h>

namespace nanomdm {
namespace {

using test::Body;
using test::expect_invalid;
using test::repeat;
using test::xml;

Body report(std::string_view status) { return Body{}.string("UDID", "U-1").string("Status", status); }

void expect_refused(const Body& body) {
    expect_invalid([&] { (void)decode_command_report(body.xml()); }, body.xml());
    expect_invalid([&] { (void)decode_command_report(body.binary()); }, "the same as a binary list");
}

/// An acknowledgement with `inside` as the value of a member before, between and after what is needed.
CommandReport acknowledged_with(const std::string& inside) {
    return decode_command_report(xml("<dict><key>A</key>" + inside +
                                     "<key>CommandUUID</key><string>c-1</string><key>QueryResponses</key>" +
                                     inside +
                                     "<key>Status</key><string>Acknowledged</string>"
                                     "<key>UDID</key><string>U-1</string><key>Z</key>" +
                                     inside + "</dict>"));
}

TEST(CommandReport, IdleHasNoCommand) {
    for (const auto& body : {report("Idle").xml(), report("Idle").binary()}) {
        const auto idle = decode_command_report(body);
        EXPECT_TRUE(idle.is_idle());
        EXPECT_EQ(idle.command_uuid, std::nullopt);
        EXPECT_EQ(idle.enrollment.id.str(), "U-1");
        EXPECT_EQ(idle.raw, body);
    }
}

TEST(CommandReport, KeepsStatusAndCommandUuid) {
    for (const auto* status : {"Acknowledged", "Error", "CommandFormatError", "NotNow", "SomethingNew"}) {
        const auto decoded = decode_command_report(report(status).string("CommandUUID", "c-1").xml());
        EXPECT_EQ(decoded.status.str(), status);
        EXPECT_EQ(decoded.command_uuid, CommandUuid{"c-1"});
        EXPECT_EQ(decoded.is_not_now(), decoded.status.str() == "NotNow");
    }
}

TEST(CommandReport, NeedsAReadableStatus) {
    expect_refused(Body{}.string("UDID", "U-1"));
    expect_refused(report(""));
    expect_refused(Body{}.string("UDID", "U-1").integer("Status", 1));
    expect_refused(Body{}.string("UDID", "U-1").dict("Status"));
    expect_refused(report(std::string(32, 'x')));
    expect_invalid([] { (void)decode_command_report("not a plist"); }, "not a plist");
    expect_invalid([] { (void)decode_command_report(""); }, "empty");
}

TEST(CommandReport, NeedsASender) {
    expect_refused(Body{}.string("Status", "Idle"));
    expect_refused(Body{}.string("Status", "Idle").string("UDID", ""));
    expect_refused(Body{}.string("Status", "Idle").integer("UDID", 1));
}

TEST(CommandReport, UnreadableUserIsNotItsDevice) {
    expect_refused(report("Idle").integer("UserID", 1));
    expect_refused(report("Idle").string("UserID", "\xFF"));
    expect_refused(Body{}.string("Status", "Idle").string("EnrollmentID", "E").dict("EnrollmentUserID"));
}

TEST(CommandReport, UnreadableCommandUuidCountsAsAbsent) {
    EXPECT_EQ(decode_command_report(report("Error").string("CommandUUID", "").xml()).command_uuid,
              std::nullopt);
    EXPECT_EQ(decode_command_report(report("Error").integer("CommandUUID", 1).xml()).command_uuid,
              std::nullopt);
    EXPECT_EQ(decode_command_report(report("Error").string("CommandUUID", "\xFF").xml()).command_uuid,
              std::nullopt);
    EXPECT_EQ(decode_command_report(report("Error").dict("CommandUUID").binary()).command_uuid, std::nullopt);
}

TEST(CommandReport, TooLongCommandUuidIsRefused) {
    EXPECT_NO_THROW(
        (void)decode_command_report(report("Error").string("CommandUUID", std::string(127, 'x')).xml()));
    expect_refused(report("Error").string("CommandUUID", std::string(128, 'x')));
}

TEST(CommandReport, IsStoredWhateverTheRestHolds) {
    for (const auto& inside :
         {std::string{"<string>\xFF\x01 &nbsp;</string>"},
          std::string{"<array><dict><key>no value</key></dict></array>"},
          std::string{
              "<dict><key>Status</key><string>Idle</string><key>UDID</key><string>U-2</string></dict>"},
          repeat("<array>", 5000) + repeat("</array>", 5000), std::string{"<data>not base64</data>"},
          std::string{"<integer>twelve</integer>"}, "<string>" + repeat("&amp;", 200'000) + "</string>",
          "<array>" + repeat("<true/>", 1'000'000) + "</array>"}) {
        const auto decoded = acknowledged_with(inside);
        EXPECT_EQ(decoded.status.str(), "Acknowledged");
        EXPECT_EQ(decoded.command_uuid, CommandUuid{"c-1"});
        EXPECT_EQ(decoded.enrollment.id.str(), "U-1");
    }
}

TEST(CommandReport, IsStoredWhateverElementsAFormatToComeBrings) {
    for (const auto* value : {"<foo>bar</foo>", "<null/>", "<set><string>a</string><set/></set>",
                              "<ustring>x</ustring>", "<dict><key>a</key><foo>1 < 2 <<</foo></dict>"}) {
        const auto decoded = decode_command_report(
            "<plist><dict><key>CommandUUID</key><string>c-1</string><key>Q</key>" + std::string{value} +
            "<key>Status</key><string>Acknowledged</string><key>UDID</key><string>U-1</string></dict></"
            "plist>");
        EXPECT_EQ(decoded.status.str(), "Acknowledged") << value;
    }
}

TEST(CommandReport, IsStoredWhenItsTailIsBroken) {
    const auto decoded =
        decode_command_report("<plist><dict><key>Status</key><string>Error</string><key>UDID</key>"
                              "<string>U-1</string><key>Rest</key><array><str");
    EXPECT_EQ(decoded.status.str(), "Error");
}

TEST(CommandReport, LastOfEqualKeysCounts) {
    EXPECT_EQ(decode_command_report(report("Idle").string("Status", "Error").xml()).status.str(), "Error");
    EXPECT_EQ(decode_command_report(report("Idle").string("Status", "Error").binary()).status.str(), "Error");
}

TEST(PeekMessageType, FindsTheTypeWithoutDecoding) {
    const auto body = xml("<dict><key>Data</key><data>" + repeat("AAAA", 20'000) +
                          "</data><key>MessageType</key><string>DeclarativeManagement</string></dict>");
    EXPECT_EQ(peek_message_type(body), "DeclarativeManagement");
    EXPECT_EQ(peek_message_type(test::check_in("GetToken").binary()), "GetToken");
}

TEST(PeekMessageType, GivesUpQuickly) {
    EXPECT_EQ(peek_message_type(""), "");
    EXPECT_EQ(peek_message_type("<plist><dict><key>MessageType"), "");
    EXPECT_EQ(peek_message_type(xml("<dict><key>MessageType</key><integer>1</integer></dict>")), "");
    EXPECT_EQ(peek_message_type(report("Idle").xml()), "");
    EXPECT_EQ(peek_message_type(xml("<dict><key>A</key><string>" + std::string(1'000'000, 'x') +
                                    "</string><key>MessageType</key><string>GetToken</string></dict>")),
              "");
}

} // namespace
} // namespace nanomdm
