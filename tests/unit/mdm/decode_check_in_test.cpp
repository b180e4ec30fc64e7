// The members of each check-in message: what is kept, what may be absent, what is refused.
#include "mdm/decode.hpp"
#include "unit/mdm/bodies.hpp"

#include <gtest/gtest.h>

namespace nanomdm {
namespace {

using test::Body;
using test::check_in;
using test::expect_invalid;
using test::token_update;

template <class T> T decode(const Body& body) { return std::get<T>(decode_check_in(body.xml())); }

void expect_refused(const Body& body) {
    expect_invalid([&] { (void)decode_check_in(body.xml()); }, body.xml());
    expect_invalid([&] { (void)decode_check_in(body.binary()); }, "the same as a binary list");
}

TEST(CheckIn, RefusesUnknownAndMissingMessageTypes) {
    expect_refused(check_in("Frobnicate"));
    expect_refused(check_in("authenticate"));
    expect_refused(check_in(""));
    expect_refused(Body{}.string("UDID", "U-1"));
    expect_refused(Body{}.integer("MessageType", 1).string("UDID", "U-1"));
}

TEST(CheckIn, RefusesUndecodableBodies) {
    for (const std::string body :
         {"", "x", "{}", "bplist00", "<plist><dict></plist>", "<plist><array/></plist>"})
        expect_invalid([&] { (void)decode_check_in(body); }, body);
}

TEST(CheckIn, RefusesSendersWithoutAnId) {
    expect_refused(Body{}.string("MessageType", "CheckOut"));
    expect_refused(Body{}.string("MessageType", "CheckOut").string("UDID", ""));
    expect_refused(Body{}.string("MessageType", "CheckOut").string("UDID", std::string(256, 'x')));
    expect_refused(Body{}.string("MessageType", "CheckOut").string("UDID", "a\nb"));
}

TEST(CheckIn, RefusesKnownMembersOfAnotherType) {
    for (const auto* key : {"UserID", "UserShortName", "UserLongName", "EnrollmentID", "EnrollmentUserID"})
        expect_refused(check_in("CheckOut").integer(key, 1));
    expect_refused(Body{}.string("MessageType", "CheckOut").data("UDID", "U-1"));
    expect_refused(check_in("Authenticate").data("SerialNumber", "x"));
    expect_refused(check_in("Authenticate").integer("Topic", 1));
    expect_refused(token_update().string("UnlockToken", "text"));
    expect_refused(check_in("SetBootstrapToken").string("BootstrapToken", "text"));
    expect_refused(check_in("DeclarativeManagement").string("Endpoint", "tokens").string("Data", "{}"));
    expect_refused(check_in("UserAuthenticate").data("DigestResponse", "x"));
}

TEST(CheckIn, IgnoresMembersItDoesNotKnow) {
    EXPECT_NO_THROW(decode<CheckOut>(check_in("CheckOut").dict("New").integer("OSVersion", 1)));
}

TEST(CheckIn, UserNamesAreBounded) {
    EXPECT_NO_THROW(decode<CheckOut>(check_in("CheckOut").string("UserLongName", std::string(255, 'x'))));
    expect_refused(check_in("CheckOut").string("UserLongName", std::string(256, 'x')));
    expect_refused(check_in("CheckOut").string("UserShortName", std::string(256, 'x')));
}

TEST(Authenticate, KeepsSerialNumberAndTopic) {
    const auto message =
        decode<Authenticate>(check_in("Authenticate").string("SerialNumber", "C02").string("Topic", "T"));
    EXPECT_EQ(message.serial_number.str(), "C02");
    EXPECT_EQ(message.topic, Topic{"T"});
}

TEST(Authenticate, NeedsNeitherSerialNumberNorTopic) {
    const auto message = decode<Authenticate>(check_in("Authenticate"));
    EXPECT_TRUE(message.serial_number.empty());
    EXPECT_EQ(message.topic, std::nullopt);
}

TEST(Authenticate, MembersAreBounded) {
    expect_refused(check_in("Authenticate").string("SerialNumber", std::string(128, 'x')));
    expect_refused(check_in("Authenticate").string("Topic", std::string(256, 'x')));
}

TEST(TokenUpdate, KeepsPushInfoNamesAndUnlockToken) {
    const auto message = decode<TokenUpdate>(token_update()
                                                 .data("UnlockToken", std::string(3000, '\0'))
                                                 .string("UserShortName", "jo")
                                                 .string("UserLongName", "Jo Appleseed"));
    EXPECT_EQ(message.push.topic.str(), "com.apple.mgmt.External.1");
    EXPECT_EQ(message.push.magic.str(), "magic");
    EXPECT_EQ(message.push.token.hex(), "0102ff");
    EXPECT_EQ(message.unlock_token, std::string(3000, '\0'));
    EXPECT_EQ(message.user_short_name.str(), "jo");
    EXPECT_EQ(message.user_long_name.str(), "Jo Appleseed");
}

TEST(TokenUpdate, UnlockTokenMayBeAbsent) { EXPECT_EQ(decode<TokenUpdate>(token_update()).unlock_token, ""); }

TEST(TokenUpdate, NeedsTopicPushMagicAndToken) {
    expect_refused(check_in("TokenUpdate").string("PushMagic", "m").data("Token", "t"));
    expect_refused(check_in("TokenUpdate").string("Topic", "T").data("Token", "t"));
    expect_refused(check_in("TokenUpdate").string("Topic", "T").string("PushMagic", "m"));
    expect_refused(check_in("TokenUpdate").string("Topic", "").string("PushMagic", "m").data("Token", "t"));
    expect_refused(check_in("TokenUpdate").string("Topic", "T").string("PushMagic", "").data("Token", "t"));
    expect_refused(check_in("TokenUpdate").string("Topic", "T").string("PushMagic", "m").data("Token", ""));
}

TEST(TokenUpdate, MembersAreBounded) {
    const auto with = [](std::size_t topic, std::size_t magic, std::size_t token) {
        return check_in("TokenUpdate")
            .string("Topic", std::string(topic, 'x'))
            .string("PushMagic", std::string(magic, 'x'))
            .data("Token", std::string(token, 'x'));
    };
    EXPECT_NO_THROW(decode<TokenUpdate>(with(255, 127, 127)));
    expect_refused(with(256, 1, 1));
    expect_refused(with(1, 128, 1));
    expect_refused(with(1, 1, 128));
}

TEST(UserAuthenticate, KeepsTheDigestResponse) {
    EXPECT_EQ(decode<UserAuthenticate>(check_in("UserAuthenticate")).digest_response, "");
    EXPECT_EQ(
        decode<UserAuthenticate>(check_in("UserAuthenticate").string("DigestResponse", "d")).digest_response,
        "d");
}

TEST(SetBootstrapToken, AbsentOrEmptyTokenIsEmpty) {
    EXPECT_EQ(decode<SetBootstrapToken>(check_in("SetBootstrapToken")).token, "");
    EXPECT_EQ(decode<SetBootstrapToken>(check_in("SetBootstrapToken").data("BootstrapToken", "")).token, "");
    EXPECT_EQ(decode<SetBootstrapToken>(check_in("SetBootstrapToken").data("BootstrapToken", "b\xff")).token,
              "b\xff");
}

TEST(DeclarativeManagement, KeepsEndpointAndData) {
    const auto fetch =
        decode<DeclarativeManagement>(check_in("DeclarativeManagement").string("Endpoint", "tokens"));
    EXPECT_EQ(fetch.endpoint, "tokens");
    EXPECT_EQ(fetch.data, "");
    const auto status = decode<DeclarativeManagement>(
        check_in("DeclarativeManagement").string("Endpoint", "status").data("Data", "{}"));
    EXPECT_EQ(status.data, "{}");
    expect_refused(check_in("DeclarativeManagement"));
}

TEST(GetToken, NeedsAServiceType) {
    EXPECT_EQ(
        decode<GetToken>(check_in("GetToken").string("TokenServiceType", "com.apple.maid")).service_type,
        "com.apple.maid");
    expect_refused(check_in("GetToken"));
    expect_refused(check_in("GetToken").string("TokenServiceType", ""));
}

TEST(GetToken, WatchPairingNeedsParameters) {
    const auto watch = [] {
        return check_in("GetToken").string("TokenServiceType", "com.apple.watch.pairing");
    };
    EXPECT_NO_THROW(decode<GetToken>(watch().dict("TokenParameters")));
    expect_refused(watch());
    expect_refused(watch().string("TokenParameters", "x"));
}

TEST(GetToken, KeepsTheParametersThatAreStrings) {
    const auto message = std::get<GetToken>(decode_check_in(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><plist "
        "version=\"1.0\"><dict><key>UDID</key><string>U</string>"
        "<key>MessageType</key><string>GetToken</string><key>TokenServiceType</key><string>T</string>"
        "<key>TokenParameters</key><dict><key>PhoneUDID</key><string>P &amp; 1</string>"
        "<key>Other</key><integer>1</integer><key>WatchUDID</key><string/></dict></dict></plist>"));
    EXPECT_EQ(message.parameters,
              (std::map<std::string, std::string>{{"PhoneUDID", "P & 1"}, {"WatchUDID", ""}}));
}

TEST(CheckIn, BinaryBodiesAreDecodedToTheSame) {
    const auto body = token_update().data("UnlockToken", "u");
    const auto message = std::get<TokenUpdate>(decode_check_in(body.binary()));
    EXPECT_EQ(message.push, decode<TokenUpdate>(body).push);
    EXPECT_EQ(message.unlock_token, "u");
    EXPECT_EQ(message.raw, body.binary());
}

} // namespace
} // namespace nanomdm
