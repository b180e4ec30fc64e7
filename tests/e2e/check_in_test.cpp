// Every check-in message and its answer (docs: check-in messages).
#include "e2e/scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

using sim::Channel;
using sim::Dict;
using sim::top_level_member;

TEST(CheckIn, AuthenticateAndTokenUpdateAnswerEmpty) {
    Scene scene;
    auto device = scene.device("U1");
    for (const auto& response : {device.authenticate(), device.token_update()}) {
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.body, "");
    }
}

TEST(CheckIn, PostIsTakenLikePut) {
    Scene scene;
    auto device = scene.device("U1");
    auto request = device.check_in_request(device.authenticate_message());
    request.method = "POST";
    EXPECT_EQ(device.http().send(request).status, 200);
}

TEST(CheckIn, BinaryPropertyListsAreTakenOrRefusedButNeverFail) {
    Scene scene;
    auto device = scene.device("U1");
    const auto status = device.check_in(sim::to_binary(device.authenticate_message())).status;
    EXPECT_TRUE(status == 200 || status == 400) << status;
}

TEST(CheckIn, TokenUpdateWithoutAuthenticateIsRefused) {
    // In that order, because an unknown certificate would be refused with 403 before.
    Scene scene{{"-cert-auth-warn-only"}};
    auto device = scene.device("U1");
    EXPECT_EQ(device.token_update().status, 400);
}

TEST(CheckIn, EnqueueToADeviceWithoutTokenUpdateFailsForIt) {
    Scene scene;
    auto device = scene.device("U1");
    ASSERT_EQ(device.authenticate().status, 200);
    const auto response = scene.api().enqueue("U1", sim::command_plist("C1", "DeviceInformation"));
    EXPECT_EQ(response.status, 500);
    EXPECT_THAT(response.body, testing::HasSubstr("\"command_error\": \"enrollment not found\""));
    EXPECT_EQ(device.report("Idle").status, 200);
}

TEST(CheckIn, ReEnrollmentClearsTheQueueOfTheDeviceAndItsUsers) {
    Scene scene;
    auto device = scene.enrolled("U1");
    auto user = scene.device(Channel::user("U1", "502", "jo", "Jo"), device.identity());
    user.enroll();
    auto other = scene.enrolled("U2");
    scene.api().must_enqueue("U1,U1:502,U2", "C1");
    device.enroll();
    user.enroll();
    EXPECT_TRUE(device.connect().empty());
    EXPECT_TRUE(user.connect().empty());
    EXPECT_EQ(other.connect().size(), 1U);
    // What was cleared is finished for it: the UUID is used up.
    EXPECT_THAT(scene.api().enqueue("U1", sim::command_plist("C1", "DeviceInformation")).body,
                testing::HasSubstr("command UUID already used"));
    scene.api().must_enqueue("U1", "C2");
    EXPECT_EQ(device.connect().size(), 1U);
}

TEST(CheckIn, ReEnrollmentForgetsTheBootstrapToken) {
    Scene scene;
    auto device = scene.enrolled("U1");
    ASSERT_EQ(device.set_bootstrap_token("boot").status, 200);
    device.enroll();
    EXPECT_EQ(device.get_bootstrap_token().body, "");
}

TEST(CheckIn, CheckOutDisablesTheDeviceAndItsUsers) {
    Scene scene;
    auto device = scene.enrolled("U1");
    auto user = scene.device(Channel::user("U1", "502", "jo", "Jo"), device.identity());
    user.enroll();
    const auto response = device.check_out();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "");
    for (const char* id : {"U1", "U1:502"})
        EXPECT_EQ(scene.api().enqueue(id, sim::command_plist(std::string{"C-"} + id, "DeviceLock")).status,
                  500)
            << id;
    // It may still report, and a TokenUpdate brings it back.
    EXPECT_EQ(device.report("Idle").status, 200);
    EXPECT_EQ(device.token_update().status, 200);
    scene.api().must_enqueue("U1", "C2");
    EXPECT_EQ(device.connect().size(), 1U);
}

TEST(CheckIn, CheckOutOfAUserChannelDisablesThatUserAlone) {
    Scene scene;
    auto device = scene.enrolled("U1");
    auto user = scene.device(Channel::user("U1", "502", "jo", "Jo"), device.identity());
    user.enroll();
    EXPECT_EQ(user.check_out().status, 200);
    EXPECT_EQ(scene.api().enqueue("U1:502", sim::command_plist("C1", "DeviceLock")).status, 500);
    scene.api().must_enqueue("U1", "C2");
}

TEST(CheckIn, BootstrapTokenComesBackUntilDeleted) {
    Scene scene;
    auto device = scene.enrolled("U1");
    EXPECT_EQ(device.get_bootstrap_token().status, 200);
    EXPECT_EQ(device.get_bootstrap_token().body, "");
    const std::string token{"\0\xFF binary", 9};
    EXPECT_EQ(device.set_bootstrap_token(token).status, 200);
    EXPECT_EQ(top_level_member(device.get_bootstrap_token().body, "BootstrapToken"), token);
    EXPECT_EQ(device.set_bootstrap_token("").status, 200);
    EXPECT_EQ(device.get_bootstrap_token().body, "");
}

TEST(CheckIn, UserAuthenticateIsDeclinedWith410) {
    Scene scene;
    auto device = scene.enrolled("U1");
    auto user = scene.device(Channel::user("U1", "502", "jo", "Jo"), device.identity());
    EXPECT_EQ(user.user_authenticate().status, 410);
}

TEST(CheckIn, UserAuthenticateWithZeroLengthChallenge) {
    Scene scene{{"-ua-zl-dc"}};
    auto device = scene.enrolled("U1");
    auto user = scene.device(Channel::user("U1", "502", "jo", "Jo"), device.identity());
    const auto challenge = user.user_authenticate();
    EXPECT_EQ(challenge.status, 200);
    EXPECT_EQ(top_level_member(challenge.body, "DigestChallenge"), "");
    const auto accepted = user.user_authenticate("response");
    EXPECT_EQ(accepted.status, 200);
    EXPECT_EQ(accepted.body, "");
}

TEST(CheckIn, GetTokenWithoutHandlerIs400AndDeclarativeManagementWithoutUrlIs500) {
    Scene scene;
    auto device = scene.enrolled("U1");
    EXPECT_EQ(device.get_token("com.apple.maid").status, 400);
    EXPECT_EQ(device.check_in(device.message("GetToken")).status, 400);
    EXPECT_EQ(device.declarative_management("declaration-items").status, 500);
}

TEST(CheckIn, NonsenseIs400AndNeverFails) {
    Scene scene;
    auto device = scene.enrolled("U1");
    const auto deep = [] {
        std::string text = "<plist><dict><key>a</key>";
        for (int i = 0; i < 100; ++i) text += "<array>";
        for (int i = 0; i < 100; ++i) text += "</array>";
        return text + "</dict></plist>";
    }();
    for (const std::string& body :
         {std::string{}, std::string{"not a plist"}, std::string{"<plist><string>x</string></plist>"},
          device.message("NoSuchMessage"), Dict{}.string("UDID", "U1").document(), std::string{"bplist00"},
          deep,
          std::string{
              "<?xml version=\"1.0\"?><!DOCTYPE p [<!ENTITY a \"b\">]><plist><dict><key>MessageType</key>"
              "<string>&a;</string></dict></plist>"}}) {
        const auto response = device.check_in(body);
        EXPECT_EQ(response.status, 400) << body.substr(0, 80);
        EXPECT_EQ(response.body, "Bad Request\n") << body.substr(0, 80);
        EXPECT_THAT(response.header("content-type").value_or(""), testing::StartsWith("text/plain"));
    }
}

TEST(CheckIn, MembersTooLongForAnyBackendAre400) {
    Scene scene;
    auto device = scene.enrolled("U1");
    const auto refused = [&](auto change) {
        auto odd = scene.device(Channel::device("U1"), device.identity());
        change(odd.profile());
        return odd.token_update().status;
    };
    EXPECT_EQ(refused([](auto& profile) { profile.push_magic = std::string(128, 'm'); }), 400);
    EXPECT_EQ(refused([](auto& profile) { profile.topic = std::string(256, 't'); }), 400);
    EXPECT_EQ(refused([](auto& profile) { profile.push_token = std::string(128, 'k'); }), 400);
    EXPECT_EQ(refused([](auto& profile) { profile.push_token = std::string(127, 'k'); }), 200);
}

TEST(CheckIn, SeparateCheckInEndpoint) {
    Scene scene{{"-checkin"}};
    auto endpoint = scene.endpoint();
    endpoint.checkin_url = scene.url() + "/checkin";
    sim::Device device{Channel::device("U1"), test_identity("U1"), endpoint};
    device.enroll();
    scene.api().must_enqueue("U1", "C1");
    EXPECT_EQ(device.connect().size(), 1U);
    // On /mdm a check-in is read as a command report, which it is not; on /checkin the type is not looked at.
    auto on_mdm = scene.device(Channel::device("U1"), device.identity());
    EXPECT_EQ(on_mdm.token_update().status, 400);
    auto untyped = device.check_in_request(device.token_update_message());
    untyped.headers.back().second = "application/octet-stream";
    EXPECT_EQ(device.http().send(untyped).status, 200);
}

TEST(CheckIn, WithoutTheFlagThereIsNoCheckInEndpoint) {
    Scene scene;
    auto device = scene.device("U1");
    auto request = device.check_in_request(device.authenticate_message());
    request.url = scene.url() + "/checkin";
    EXPECT_EQ(device.http().send(request).status, 404);
}

} // namespace
} // namespace nanomdm::test
