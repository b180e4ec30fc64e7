// /migration takes what NanoMDM's nano2nano and micro2nano's llorne send, as they send it.
#include "e2e/inbox.hpp"
#include "e2e/raw_connection.hpp"
#include "e2e/scene.hpp"
#include "storage/file/file_storage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

using sim::Dict;
using sim::top_level_member;
using testing::HasSubstr;

/// The tools' requests: Go's client, PUT, Basic authentication, no Content-Type, one connection kept alive.
/// All they look at is whether the status is 200; they read the body to its end.
class GoClient {
public:
    explicit GoClient(std::uint16_t port) : connection_{port} {}

    int put(const std::string& body, const std::string& key = Scene::api_key) {
        const auto head = "PUT /migration HTTP/1.1\r\nHost: 127.0.0.1:9000\r\n"
                          "User-Agent: Go-http-client/1.1\r\nContent-Length: " +
                          std::to_string(body.size()) + "\r\nAuthorization: Basic " +
                          sim::base64("nanomdm:" + key) + "\r\nAccept-Encoding: gzip\r\n\r\n";
        EXPECT_TRUE(connection_.send(head + body));
        last = connection_.read_response();
        return last ? last->status : 0;
    }

    std::optional<RawConnection::Response> last;

private:
    RawConnection connection_;
};

std::string message(const char* type, const Dict& members) {
    return Dict{}.string("MessageType", type).merge(members).document();
}

/// What llorne makes of MicroMDM's records; empty ones are left out.
std::string llorne_authenticate(const std::string& udid) {
    return message("Authenticate", Dict{}
                                       .string("UDID", udid)
                                       .string("Topic", "com.apple.mgmt.External.llorne")
                                       .string("BuildVersion", "23G93")
                                       .string("DeviceName", "Mac")
                                       .string("OSVersion", "14.6.1")
                                       .string("SerialNumber", "C02" + udid));
}

Dict llorne_push(const std::string& udid) {
    return Dict{}
        .string("UDID", udid)
        .string("PushMagic", "magic-" + udid)
        .string("Topic", "com.apple.mgmt.External.llorne")
        .bytes("Token", "token-" + udid);
}

TEST(Migration, TakesWhatNano2nanoSendsOfADeviceWithUsers) {
    Inbox inbox;
    Scene scene{{"-migration", "-retro", "-webhook-url", inbox.url()}};
    auto device = scene.device("U1");
    auto user = scene.device(sim::Channel::user("U1", "A1", "ada", "Ada"), test_identity("U1"));

    GoClient tool{scene.server().port()};
    EXPECT_EQ(tool.put(device.authenticate_message()), 200);
    EXPECT_EQ(tool.last->body, "");
    EXPECT_EQ(tool.put(device.token_update_message()), 200);
    EXPECT_EQ(tool.put(device.message("SetBootstrapToken", Dict{}.bytes("BootstrapToken", "boot"))), 200);
    // From a filekv store; the tool logs the refusal and goes on.
    EXPECT_EQ(tool.put(user.message("UserAuthenticate")), 410);
    EXPECT_EQ(tool.put(user.message("UserAuthenticate", Dict{}.string("DigestResponse", "Digest"))), 200);
    EXPECT_EQ(tool.put(user.token_update_message()), 200);
    EXPECT_EQ(inbox.upstream().count(), 0U) << "the webhook has heard of a migration";

    scene.api().must_enqueue("U1,U1:A1", "after-the-move");
    ASSERT_EQ(device.connect().size(), 1U);
    EXPECT_EQ(top_level_member(device.get_bootstrap_token().body, "BootstrapToken"), "boot");
    user.use_identity(device.identity());
    EXPECT_EQ(user.connect().size(), 1U);
    ASSERT_TRUE(inbox.wait_for("mdm.Connect", 4));
    for (const auto& event : inbox.taken())
        EXPECT_THAT(event["topic"], testing::AnyOf("mdm.Connect", "mdm.GetBootstrapToken"));
}

TEST(Migration, TakesWhatLlorneSendsDevicesFirstAndUsersAfterAll) {
    Scene scene{{"-migration", "-retro"}};
    GoClient tool{scene.server().port()};
    for (const std::string udid : {"M1", "M2"}) {
        EXPECT_EQ(tool.put(llorne_authenticate(udid)), 200);
        auto update = llorne_push(udid);
        if (udid == "M1") update.bytes("UnlockToken", "unlock-M1");
        EXPECT_EQ(tool.put(message("TokenUpdate", update)), 200);
    }
    EXPECT_EQ(tool.put(message("TokenUpdate", llorne_push("M1")
                                                  .string("UserID", "A1")
                                                  .string("UserShortName", "ada")
                                                  .string("UserLongName", "Ada"))),
              200);
    // A user whose device was not sent, because its record was bad.
    EXPECT_EQ(tool.put(message("TokenUpdate", llorne_push("M3").string("UserID", "B1"))), 400);
    // Sent once more, as when it was interrupted.
    EXPECT_EQ(tool.put(llorne_authenticate("M2")), 200);
    EXPECT_EQ(tool.put(message("TokenUpdate", llorne_push("M2"))), 200);

    scene.api().must_enqueue("M1,M2,M1:A1", "after-the-move");
    for (const std::string udid : {"M1", "M2"}) EXPECT_EQ(scene.device(udid).connect().size(), 1U) << udid;
    scene.stop();

    storage::FileStorage store{{.directory = scene.storage()}};
    EXPECT_EQ(store.messages(EnrollmentId{"M1"}).unlock_token, "unlock-M1");
    EXPECT_EQ(store.messages(EnrollmentId{"M2"}).unlock_token, std::nullopt);
    const auto user = store.enrollment(EnrollmentId{"M1:A1"});
    ASSERT_TRUE(user && user->push);
    EXPECT_EQ(user->push->token.bytes(), "token-M1");
    EXPECT_EQ(user->user_long_name, "Ada");
    EXPECT_EQ(store.enrollment(EnrollmentId{"M1"})->serial_number, "C02M1");
    EXPECT_FALSE(store.enrollment(EnrollmentId{"M3:B1"}));
}

TEST(Migration, AnyMethodAndContentTypeWillDo) {
    Scene scene{{"-migration"}};
    for (const char* method : {"PUT", "POST"}) {
        for (const char* type :
             {"", "text/plain", "application/x-apple-aspen-mdm", "application/x-apple-aspen-mdm-checkin",
              "application/x-www-form-urlencoded"}) {
            const auto answer = scene.api().call(method, "/migration", llorne_authenticate("M1"), type);
            EXPECT_EQ(answer.status, 200) << method << ' ' << type;
        }
    }
}

TEST(Migration, RefusalsSayWhyInJsonAndNothingAsksAnotherServer) {
    Upstream upstream;
    Scene scene{{"-migration", "-dm", upstream.url() + "/", "-get-token-url", upstream.url() + "/"}};
    for (const auto& body :
         {std::string{}, std::string{"no property list"}, message("Other", Dict{}.string("UDID", "U1")),
          message("TokenUpdate", llorne_push("nobody")),
          message("DeclarativeManagement", Dict{}.string("UDID", "U1").string("Endpoint", "tokens")),
          message("GetToken", Dict{}.string("UDID", "U1").string("TokenServiceType", "com.apple.maid"))}) {
        const auto answer = scene.api().call("PUT", "/migration", body);
        EXPECT_EQ(answer.status, 400) << body;
        EXPECT_THAT(answer.body, HasSubstr("{\n\t\"error\": \"")) << body;
    }
    EXPECT_EQ(scene.api().get("/migration").status, 400);
    EXPECT_EQ(upstream.count(), 0U);
    EXPECT_EQ(scene.api().with_key("wrong").call("PUT", "/migration", llorne_authenticate("M1")).status, 401);
}

TEST(Migration, IsThereOnlyWhenAskedForAndNotOnTheDevicesAddress) {
    Scene without;
    EXPECT_EQ(without.api().call("PUT", "/migration", llorne_authenticate("M1")).status, 404);

    TempDir directory;
    Scene apart{{"-migration", "-api-listen", "unix:" + (directory / "api").string()}};
    EXPECT_EQ(apart.api().call("PUT", "/migration", llorne_authenticate("M1")).status, 404);

    const auto finished = run({nanomdm_binary(), "-migration", "-ca", "none"});
    EXPECT_EQ(finished.status.code, 2);
    EXPECT_THAT(finished.error, HasSubstr("-migration: needs -api"));
}

TEST(Migration, AProcessThatServesNoDevicesTakesThemToo) {
    Scene scene{{"-migration", "-disable-mdm"}};
    GoClient tool{scene.server().port()};
    EXPECT_EQ(tool.put(llorne_authenticate("M1")), 200);
    EXPECT_EQ(tool.put(message("TokenUpdate", llorne_push("M1"))), 200);
    scene.api().must_enqueue("M1", "for-later");
    scene.restart({"-retro"});
    EXPECT_EQ(scene.device("M1").connect().size(), 1U);
}

} // namespace
} // namespace nanomdm::test
