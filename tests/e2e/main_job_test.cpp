// The main job, whole: enroll, enqueue with a push through APNs, connect, acknowledge; the result on disk.
#include "e2e/scene.hpp"
#include "support/fake_apns/fake_apns.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <regex>

namespace nanomdm::test {
namespace {

using fake_apns::FakeApns;
using sim::command_plist;
using testing::HasSubstr;
using testing::MatchesRegex;

std::string hex(std::string_view bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        (text += digits[byte >> 4]) += digits[byte & 15];
    }
    return text;
}

/// A server that pushes through a fake APNs, its push certificate uploaded.
class PushScene {
public:
    PushScene() {
        const auto identity = apns_.push_identity(sim::DeviceProfile{}.topic);
        EXPECT_EQ(scene_.api()
                      .call("PUT", "/v1/pushcert", identity.certificate_pem + identity.private_key_pem)
                      .status,
                  200);
    }
    Scene* operator->() { return &scene_; }
    FakeApns& apns() { return apns_; }

private:
    FakeApns apns_;
    TempDir directory_;
    Scene scene_{
        {"-apns-url", apns_.url(), "-apns-ca", directory_.write("apns.pem", apns_.ca_pem()).string()}};
};

TEST(MainJob, EnrollEnqueuePushConnectAcknowledge) {
    PushScene scene;
    auto device = scene->enrolled("U1");
    const auto command = command_plist("CMD-1", "DeviceInformation");
    const auto answer = scene->api().enqueue("U1", command, true);
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(
        answer.body,
        MatchesRegex(
            "\\{\n\t\"status\": \\{\n\t\t\"U1\": \\{\n\t\t\t\"push_result\": \"[^\"]+\"\n\t\t\\}\n\t\\},\n"
            "\t\"command_uuid\": \"CMD-1\",\n\t\"request_type\": \"DeviceInformation\"\n\\}\n"));

    const auto notifications = scene.apns().notifications();
    ASSERT_EQ(notifications.size(), 1U);
    const auto& notification = notifications[0];
    EXPECT_EQ(notification.token, hex(device.profile().push_token));
    EXPECT_EQ(notification.topic, device.profile().topic);
    EXPECT_EQ(notification.client_uid, device.profile().topic);
    EXPECT_EQ(notification.push_type, "mdm");
    EXPECT_EQ(notification.priority, "10");
    EXPECT_EQ(notification.payload, "{\"mdm\":\"" + device.profile().push_magic + "\"}");

    const auto exchanges = device.connect();
    ASSERT_EQ(exchanges.size(), 1U);
    EXPECT_EQ(exchanges[0].command.raw, command);

    scene->stop();
    bool stored = false;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{scene->storage()})
        if (entry.is_regular_file() && read_file(entry.path()).find("QueryResponses") != std::string::npos)
            stored = true;
    EXPECT_TRUE(stored);
    EXPECT_EQ(scene->check().status.code, 0);
}

TEST(Push, ByPathWithAnyMethodAndByJson) {
    PushScene scene;
    auto one = scene->enrolled("U1");
    auto two = scene->enrolled("U2");
    for (const char* method : {"GET", "PUT", "POST"})
        EXPECT_EQ(scene->api().call(method, "/v1/push/U1,U2").status, 200) << method;
    EXPECT_EQ(scene->api().call("POST", "/v1/push", R"({"ids": ["U1", "U2"]})", "application/json").status,
              200);
    EXPECT_EQ(scene.apns().seen().notifications, 8U);
}

TEST(Push, AnEmptyBodyOnEnqueueOnlyPushes) {
    PushScene scene;
    auto device = scene->enrolled("U1");
    const auto answer = scene->api().enqueue("U1", "", true);
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.body, MatchesRegex("\\{\n\t\"status\": \\{\n\t\t\"U1\": \\{\n\t\t\t\"push_result\": "
                                          "\"[^\"]+\"\n\t\t\\}\n\t\\}\n\\}\n"));
    EXPECT_EQ(scene.apns().seen().notifications, 1U);
}

TEST(Push, GoesOnlyToIdsThatTookTheCommand) {
    PushScene scene;
    auto one = scene->enrolled("U1");
    auto two = scene->enrolled("U2");
    ASSERT_EQ(two.check_out().status, 200);
    const auto answer = scene->api().enqueue("U1,U2,nobody", command_plist("C1", "ProfileList"), true);
    EXPECT_EQ(answer.status, 207);
    EXPECT_THAT(answer.body,
                HasSubstr("\"U2\": {\n\t\t\t\"command_error\": \"enrollment not found\"\n\t\t}"));
    EXPECT_EQ(scene.apns().seen().notifications, 1U);
}

TEST(Push, AnErrorOfApnsReadsAsInNanoMdm) {
    PushScene scene;
    auto good = scene->enrolled("U1");
    auto bad = scene->enrolled("U2");
    scene.apns().reply(hex(bad.profile().push_token), {{.status = 400, .reason = "BadDeviceToken"}});
    const auto answer = scene->api().call("GET", "/v1/push/U1,U2");
    EXPECT_EQ(answer.status, 207);
    EXPECT_THAT(answer.body,
                HasSubstr("\"push_error\": \"push HTTP status: 400: APNs push error: BadDeviceToken\""));
}

TEST(Push, NoPushParameterSendsNothing) {
    PushScene scene;
    auto device = scene->enrolled("U1");
    for (const char* query : {"?nopush=1", "?nopush=false"})
        EXPECT_EQ(
            scene->api().call("PUT", std::string{"/v1/enqueue/U1"} + query, command_plist(query, "X")).status,
            200);
    EXPECT_EQ(scene.apns().seen().notifications, 0U);
    EXPECT_EQ(scene->api().call("PUT", "/v1/enqueue/U1?nopush=", command_plist("C", "X")).status, 200);
    EXPECT_EQ(scene.apns().seen().notifications, 1U);
}

TEST(Push, UsesTheTokenOfTheLatestTokenUpdate) {
    PushScene scene;
    auto device = scene->enrolled("U1");
    device.profile().push_token = std::string(32, '\x07');
    ASSERT_EQ(device.token_update().status, 200);
    scene->api().get("/v1/push/U1");
    const auto notifications = scene.apns().notifications();
    ASSERT_EQ(notifications.size(), 1U);
    EXPECT_EQ(notifications[0].token, hex(device.profile().push_token));
}

TEST(Push, ARenewedCertificateIsUsedWithoutARestart) {
    PushScene scene;
    auto device = scene->enrolled("U1");
    ASSERT_EQ(scene->api().get("/v1/push/U1").status, 200);
    const auto renewed = scene.apns().push_identity(device.profile().topic);
    ASSERT_EQ(
        scene->api().call("PUT", "/v1/pushcert", renewed.certificate_pem + renewed.private_key_pem).status,
        200);
    const auto pushed_with_the_new = [&] {
        EXPECT_EQ(scene->api().get("/v1/push/U1").status, 200);
        const auto all = scene.apns().notifications();
        return all.back().client_serial != all.front().client_serial;
    };
    EXPECT_TRUE(eventually(pushed_with_the_new, 30s));
}

TEST(Push, AnUnreachableApnsIsAPushErrorAndTheCommandIsKept) {
    Scene scene{{"-apns-url", "https://127.0.0.1:1"}};
    auto device = scene.enrolled("U1");
    const auto identity = sim::make_push_certificate(device.profile().topic);
    ASSERT_EQ(scene.api().call("PUT", "/v1/pushcert", identity.certificate_pem() + identity.key_pem()).status,
              200);
    const auto answer = scene.api().enqueue("U1", command_plist("C1", "ProfileList"), true);
    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(answer.body, HasSubstr("\"push_error\": "));
    EXPECT_EQ(device.connect().size(), 1U);
}

} // namespace
} // namespace nanomdm::test
