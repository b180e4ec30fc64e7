// nanomdm-simulator step by step, as the quickstart uses it.
#include "e2e/scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

using testing::HasSubstr;

class SimulatorProgram : public testing::Test {
protected:
    SimulatorProgram() {
        state_.write("ca.pem", test_authority().identity().certificate_pem());
        state_.write("ca.key", test_authority().identity().key_pem());
    }
    Finished simulator(std::string subcommand, std::vector<std::string> arguments = {}) {
        std::vector<std::string> command{NANOMDM_SIMULATOR, std::move(subcommand), "--dir",
                                         state_.path().string()};
        command.insert(command.end(), arguments.begin(), arguments.end());
        return run(std::move(command), 60s);
    }
    void enroll(std::string udid) {
        const auto finished = simulator("enroll", {"--url", scene_.url() + "/mdm", "--udid", udid, "--ec"});
        ASSERT_EQ(finished.status.code, 0) << finished.error;
        EXPECT_EQ(finished.output, udid + "\n");
    }

    Scene scene_;
    TempDir state_;
};

TEST_F(SimulatorProgram, RemembersADeviceFromStepToStep) {
    enroll("MAC1");
    scene_.api().must_enqueue("MAC1", "C1", "ProfileList");
    EXPECT_EQ(simulator("connect", {"--status", "NotNow"}).output, "C1\tProfileList\tNotNow\n");
    EXPECT_EQ(simulator("connect", {"--status-for", "ProfileList", "Error"}).output,
              "C1\tProfileList\tError\n");
    EXPECT_EQ(simulator("connect").output, "");
    EXPECT_THAT(simulator("list").output, HasSubstr("MAC1\t"));
    EXPECT_EQ(simulator("token-update").status.code, 0);
    EXPECT_EQ(simulator("set-bootstrap-token", {"--token", "boot"}).status.code, 0);
    EXPECT_THAT(simulator("get-bootstrap-token").output, HasSubstr("<key>BootstrapToken</key>"));
    EXPECT_EQ(simulator("checkout").output, "200\n");
    EXPECT_EQ(scene_.api().enqueue("MAC1", sim::command_plist("C2", "ProfileList")).status, 500);
}

TEST_F(SimulatorProgram, EnrollsUserChannelsWithTheirDevicesIdentity) {
    enroll("MAC1");
    const auto user = simulator("enroll", {"--url", scene_.url() + "/mdm", "--type", "user", "--udid", "MAC1",
                                           "--user-id", "502", "--short-name", "jo"});
    EXPECT_EQ(user.output, "MAC1:502\n") << user.error;
    scene_.api().must_enqueue("MAC1:502", "C1", "ProfileList");
    EXPECT_EQ(simulator("connect", {"--id", "MAC1:502"}).output, "C1\tProfileList\tAcknowledged\n");
}

TEST_F(SimulatorProgram, ARefusedRenewalFails) {
    enroll("MAC1");
    const auto renewed = simulator("renew");
    EXPECT_EQ(renewed.status.code, 1);
    EXPECT_THAT(renewed.output, HasSubstr("403"));
}

TEST_F(SimulatorProgram, SaysWhatIsWrong) {
    const auto nobody = simulator("connect");
    EXPECT_EQ(nobody.status.code, 1);
    EXPECT_THAT(nobody.error, HasSubstr("0 enrollments"));
    EXPECT_EQ(simulator("enroll", {"--url", "http://127.0.0.1:1/mdm", "--ec"}).status.code, 1);
    EXPECT_EQ(run({NANOMDM_SIMULATOR, "--help"}).status.code, 0);
}

TEST_F(SimulatorProgram, MakesACaAndAPushCertificateThatTheServerTakes) {
    const TempDir fresh;
    const auto dir = fresh.path().string();
    EXPECT_EQ(run({NANOMDM_SIMULATOR, "ca", "--dir", dir}, 60s).output, dir + "/ca.pem\n");
    ASSERT_EQ(
        run({NANOMDM_SIMULATOR, "push-cert", "--dir", dir, "--topic", "com.apple.mgmt.External.cli"}, 60s)
            .status.code,
        0);
    EXPECT_EQ(scene_.api().call("PUT", "/v1/pushcert", read_file(fresh / "push.pem")).status, 200);
    EXPECT_EQ(scene_.api().get("/v1/pushcert?topic=com.apple.mgmt.External.cli").status, 200);
}

} // namespace
} // namespace nanomdm::test
