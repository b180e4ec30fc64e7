// Escrow key unlock through the real program: the stored push certificate, and secrets that no log has.
#include "e2e/scene.hpp"
#include "support/test_ca.hpp"
#include "support/upstream/upstream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

namespace nanomdm::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* form_type = "application/x-www-form-urlencoded";
const std::string form = "topic=com.apple.mgmt.External.escrow&serial=C02ABC&productType=iPad4%2C1&"
                         "escrowKey=SECRET-CODE&orgName=Org&guid=admin";

class EscrowUnlock : public testing::Test {
protected:
    EscrowUnlock() { ::setenv("SSL_CERT_FILE", ca_file_.c_str(), 1); }
    ~EscrowUnlock() override { ::unsetenv("SSL_CERT_FILE"); }

    UpstreamTls tls() {
        const auto identity =
            server_ca_.issue({.ip_addresses = {"127.0.0.1"}, .extended_key_usage = "serverAuth"});
        return {identity.certificate_pem, identity.private_key_pem, push_ca_.certificate_pem()};
    }
    static void upload(Scene& scene, const TestCa& ca) {
        const auto push = ca.issue({.common_name = "APSP", .user_id = "com.apple.mgmt.External.escrow"});
        ASSERT_EQ(scene.api().call("PUT", "/v1/pushcert", push.certificate_pem + push.private_key_pem).status,
                  200);
    }

    TestCa push_ca_ = TestCa::make_root("Push");
    TestCa server_ca_ = TestCa::make_root("Server");
    TempDir directory_;
    std::string ca_file_ = directory_.write("ca.pem", server_ca_.certificate_pem()).string();
    Upstream apple_{{}, tls()};
};

TEST_F(EscrowUnlock, AppleAnswersTheAdministratorAndNoLogHasTheKey) {
    Scene scene{{"-escrow-url", apple_.url() + "/unlock", "-log-level", "debug"}};
    const auto unlock = [&](const std::string& body) {
        return scene.api().call("POST", "/v1/escrowkeyunlock", body, form_type);
    };
    EXPECT_EQ(unlock(form).status, 404) << "no push certificate yet";
    upload(scene, TestCa::make_root("Somebody else's"));
    EXPECT_EQ(unlock(form).status, 502);
    upload(scene, push_ca_);

    apple_.answer(
        {.status = 418, .body = "apple", .headers = {{"Content-Type", "text/x-apple"}, {"X-Apple", "yes"}}});
    const auto answer = unlock(form);
    EXPECT_EQ(answer.status, 418);
    EXPECT_EQ(answer.body, "apple");
    EXPECT_EQ(answer.header("content-type"), "text/x-apple");
    EXPECT_EQ(answer.header("x-apple"), "yes");
    EXPECT_EQ(apple_.requests().at(0).target, "/unlock?serial=C02ABC&productType=iPad4%2C1");
    EXPECT_EQ(apple_.requests().at(0).body, "orgName=Org&guid=admin&escrowKey=SECRET-CODE");
    EXPECT_EQ(apple_.requests().at(0).client_common_name, "APSP");

    const auto missing = unlock("topic=com.apple.mgmt.External.escrow&escrowKey=SECRET-CODE");
    EXPECT_EQ(missing.status, 400);
    EXPECT_THAT(missing.body, HasSubstr("missing parameter serial"));
    EXPECT_EQ(scene.api().with_key("wrong").call("POST", "/v1/escrowkeyunlock", form, form_type).status, 401);
    EXPECT_EQ(scene.api().get("/v1/escrowkeyunlock").status, 405);
    apple_.go_down();
    const auto down = unlock(form);
    EXPECT_EQ(down.status, 502);
    EXPECT_THAT(down.body, HasSubstr("\"error\": \"Bad Gateway\""));
    scene.stop();
    EXPECT_THAT(scene.server().log(), Not(HasSubstr("SECRET")));
}

TEST_F(EscrowUnlock, AnAppleThatHangsHoldsUpNoDeviceAndNoShutdown) {
    apple_.answer({.mishap = UpstreamReply::Mishap::hang});
    Scene scene{{"-escrow-url", apple_.url(), "-workers", "1", "-shutdown-grace", "1s"}};
    upload(scene, push_ca_);
    std::vector<std::jthread> callers;
    for (int i = 0; i < 4; ++i) {
        callers.emplace_back([url = scene.url()] {
            Api api{url, Scene::api_key};
            try {
                (void)api.call("POST", "/v1/escrowkeyunlock", form, form_type);
            } catch (const sim::ConnectionError&) { // cut off with the server
            }
        });
    }
    ASSERT_TRUE(apple_.wait_for(4));
    EXPECT_NO_THROW(scene.enrolled("U1"));
    scene.stop();
}

TEST_F(EscrowUnlock, AUrlThatIsNoneIsAUsageError) {
    const auto finished = run({nanomdm_binary(), "-api", "key", "-disable-mdm", "-escrow-url", "apple.com"});
    EXPECT_EQ(finished.status.code, 2);
    EXPECT_THAT(finished.error, HasSubstr("-escrow-url: "));
}

} // namespace
} // namespace nanomdm::test
