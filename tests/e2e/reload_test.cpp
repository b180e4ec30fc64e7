// SIGHUP: files are read again; one that is bad changes nothing, and the log says so.
#include "e2e/inbox.hpp"
#include "e2e/scene.hpp"

#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

using testing::HasSubstr;

class Reload : public testing::Test {
protected:
    std::string file(const std::string& name, const std::string& content) {
        return files_.write(name, content).string();
    }
    /// Sends SIGHUP and waits until it has had its effect: as often as this was called.
    void reload(Scene& scene) {
        ++reloads_;
        scene.server().process().signal(SIGHUP);
        ASSERT_TRUE(eventually([&] {
            const auto log = scene.server().log();
            int seen = 0;
            for (auto at = log.find(last); at != std::string::npos; at = log.find(last, at + 1)) ++seen;
            return seen >= reloads_;
        }));
    }

private:
    static constexpr const char* last = "what=\"API keys\"";
    TempDir files_;
    int reloads_ = 0;
};

sim::Device device_of(const Scene& scene, const sim::Authority& authority, std::string_view udid) {
    sim::CertificateRequest request;
    request.common_name = udid;
    return scene.device(sim::Channel::device(std::string{udid}),
                        authority.issue(request, sim::KeyKind::ec_p256));
}

TEST_F(Reload, ANewCaIsTrustedAndABadOneKeepsTheOld) {
    const auto other = sim::Authority::create("Another CA");
    const auto old_pem = test_authority().identity().certificate_pem();
    Scene scene{{"-ca", file("ca.pem", old_pem)}};
    auto old_device = scene.device("OLD");
    auto new_device = device_of(scene, other, "NEW");
    EXPECT_EQ(old_device.authenticate().status, 200);
    EXPECT_EQ(new_device.authenticate().status, 400);

    file("ca.pem", old_pem + other.identity().certificate_pem());
    reload(scene);
    EXPECT_EQ(new_device.authenticate().status, 200);

    for (const char* bad :
         {"", "no PEM\n", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"}) {
        file("ca.pem", bad);
        reload(scene);
        EXPECT_EQ(old_device.authenticate().status, 200);
        EXPECT_EQ(new_device.authenticate().status, 200);
    }
    EXPECT_THAT(scene.server().log(), HasSubstr("not read again; the old ones stay"));

    file("ca.pem", other.identity().certificate_pem());
    reload(scene);
    EXPECT_EQ(old_device.authenticate().status, 400) << "what was verified before is forgotten";
    EXPECT_EQ(new_device.authenticate().status, 200);
}

TEST_F(Reload, AKeyIsRotatedWithoutAGap) {
    Scene scene{{"-api-file", file("keys", "old\n")}};
    const auto status = [&](const char* key) {
        return scene.api().with_key(key).get("/v1/pushcert?all=1").status;
    };
    EXPECT_EQ(status("old"), 200);
    EXPECT_EQ(status("new"), 401);
    file("keys", "old\nnew\n");
    reload(scene);
    EXPECT_EQ(status("old"), 200);
    EXPECT_EQ(status("new"), 200);
    file("keys", "new\n");
    reload(scene);
    EXPECT_EQ(status("old"), 401);
    EXPECT_EQ(status("new"), 200);
    EXPECT_EQ(status(Scene::api_key), 200) << "the one of the command line stays";
}

TEST_F(Reload, TheWebhooksKey) {
    Inbox inbox;
    Scene scene{{"-webhook-url", inbox.url(), "-webhook-hmac-key-file", file("hmac", "old\n")}};
    auto device = scene.device("U1");
    device.authenticate();
    ASSERT_TRUE(inbox.wait_for("mdm.Authenticate", 1));
    file("hmac", "new\n");
    reload(scene);
    device.token_update();
    ASSERT_TRUE(inbox.wait_for("mdm.TokenUpdate", 1));
    file("hmac", "\n");
    reload(scene);
    device.set_bootstrap_token("token");
    ASSERT_TRUE(inbox.wait_for("mdm.SetBootstrapToken", 1));
    const auto requests = inbox.upstream().requests();
    ASSERT_EQ(requests.size(), 3U);
    const auto signed_with = [&](std::size_t i, const char* key) {
        return requests[i].header("x-hmac-signature") == hmac_signature(key, requests[i].body);
    };
    EXPECT_TRUE(signed_with(0, "old"));
    EXPECT_TRUE(signed_with(1, "new"));
    EXPECT_TRUE(signed_with(2, "new")) << "an empty file is no key";
    EXPECT_THAT(scene.server().log(), HasSubstr("-webhook-hmac-key-file: no key"));
}

TEST_F(Reload, TheKeysOfDeclarativeManagement) {
    Upstream upstream;
    Scene scene{{"-dm", upstream.url() + "/", "-dm-send-hmac-key-file", file("send", "old"),
                 "-dm-recv-hmac-key-file", file("receive", "their old")}};
    auto device = scene.enrolled("U1");
    const auto ask = [&](const char* signed_with) {
        upstream.answer({.body = "{}", .headers = {{"X-Hmac-Signature", hmac_signature(signed_with, "{}")}}});
        return device.declarative_management("status", "[1]").status;
    };
    EXPECT_EQ(ask("their old"), 200);
    file("send", "new");
    file("receive", "their new");
    reload(scene);
    EXPECT_EQ(ask("their old"), 502);
    EXPECT_EQ(ask("their new"), 200);
    const auto requests = upstream.requests();
    EXPECT_EQ(requests.front().header("x-hmac-signature"), hmac_signature("old", "[1]"));
    EXPECT_EQ(requests.back().header("x-hmac-signature"), hmac_signature("new", "[1]"));
}

} // namespace
} // namespace nanomdm::test
