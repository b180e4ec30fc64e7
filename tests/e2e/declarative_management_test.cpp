// Declarative management is another server's: what it is told, and what devices hear of it.
#include "e2e/five_types.hpp"
#include "e2e/scene.hpp"
#include "support/process/free_port.hpp"
#include "support/upstream/upstream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using Mishap = UpstreamReply::Mishap;

class DeclarativeManagementOf : public testing::TestWithParam<OfType> {};

TEST_P(DeclarativeManagementOf, AsksInTheNameOfTheEnrollment) {
    Upstream upstream;
    upstream.answer({.body = R"({"Declarations":{}})", .headers = {{"Content-Type", "application/json"}}});
    Scene scene{{"-dm", upstream.url() + "/dm/"}};
    auto device = GetParam().enroll(scene);

    const auto fetched = device.declarative_management("declaration-items");
    EXPECT_EQ(fetched.status, 200);
    EXPECT_EQ(fetched.body, R"({"Declarations":{}})");
    EXPECT_EQ(fetched.header("content-type"), "application/json");
    EXPECT_EQ(device.declarative_management("status", R"({"StatusItems":{}})").status, 200);

    scene.stop(); // which writes the log's last lines
    const auto seen = upstream.requests();
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].method, "GET");
    EXPECT_EQ(seen[0].target, "/dm/declaration-items");
    EXPECT_EQ(seen[1].method, "PUT");
    EXPECT_EQ(seen[1].target, "/dm/status");
    EXPECT_EQ(seen[1].body, R"({"StatusItems":{}})");
    EXPECT_EQ(seen[1].header("content-type"), "application/json");
    for (const auto& request : seen) {
        EXPECT_EQ(request.header("x-enrollment-id"), GetParam().id);
        EXPECT_EQ(request.header("x-enrollment-type"), GetParam().type);
        EXPECT_EQ(request.header("x-enrollment-parentid").value_or(""), GetParam().parent);
        EXPECT_THAT(scene.server().log(),
                    HasSubstr("trace_id=" + request.header("x-trace-id").value_or("none")));
    }
}

INSTANTIATE_TEST_SUITE_P(All, DeclarativeManagementOf, testing::ValuesIn(five_types()),
                         [](const auto& instance) { return instance.param.name; });

TEST(DeclarativeManagement, BothSidesSign) {
    Upstream upstream;
    TempDir keys;
    const auto key_file = keys.write("recv", "receiving\n").string();
    Scene scene{
        {"-dm", upstream.url() + "/", "-dm-send-hmac-key", "sending", "-dm-recv-hmac-key-file", key_file}};
    auto device = scene.enrolled("U1");

    const auto answer_with = [&](const std::string& key) {
        upstream.answer({.body = "{}", .headers = {{"X-Hmac-Signature", hmac_signature(key, "{}")}}});
        return device.declarative_management("status", "[1]").status;
    };
    EXPECT_EQ(answer_with("receiving"), 200);
    EXPECT_EQ(answer_with("sending"), 502);
    upstream.answer({.body = "{}"});
    EXPECT_EQ(device.declarative_management("status", "[1]").status, 502);
    for (const auto& request : upstream.requests())
        EXPECT_EQ(request.header("x-hmac-signature"), hmac_signature("sending", "[1]"));
}

TEST(DeclarativeManagement, RefusalsReachTheDeviceAndFailuresAre502) {
    Upstream upstream;
    Scene scene{{"-dm", upstream.url() + "/"}};
    auto device = scene.enrolled("U1");
    const auto answer = [&](UpstreamReply reply) {
        upstream.answer(std::move(reply));
        return device.declarative_management("declaration/asset/X");
    };
    const auto gone = answer({.status = 404, .body = "stack trace"});
    EXPECT_EQ(gone.status, 404);
    EXPECT_EQ(gone.body, "Not Found\n");
    EXPECT_EQ(answer({.status = 400}).status, 400);
    EXPECT_EQ(answer({.status = 403}).status, 403);
    EXPECT_EQ(answer({.status = 401}).status, 502) << "a device would unenroll";
    EXPECT_EQ(answer({.status = 302, .headers = {{"Location", "/"}}}).status, 502);
    EXPECT_EQ(answer({.status = 500}).status, 502);
    EXPECT_EQ(answer({.status = 503}).status, 502);
    EXPECT_EQ(answer({.body = "half of it", .mishap = Mishap::cut_midway}).status, 502);
    upstream.go_down();
    EXPECT_EQ(device.declarative_management("tokens").status, 502);
    upstream.come_back();
    upstream.answer(UpstreamReply{});
    EXPECT_EQ(device.declarative_management("tokens").status, 200);
}

TEST(DeclarativeManagement, NoEndpointLeadsAway) {
    Upstream upstream;
    Scene scene{{"-dm", upstream.url() + "/dm/"}};
    auto device = scene.enrolled("U1");
    for (const auto& endpoint :
         {std::string{"../x"}, std::string{"a/../../x"}, std::string{"/x"}, std::string{"//127.0.0.1/dm/x"},
          upstream.url() + "/dm/x", std::string{"%2e%2e/x"}, std::string{"..\\x"}, std::string{"x?y"}})
        EXPECT_EQ(device.declarative_management(endpoint).status, 400) << endpoint;
    EXPECT_EQ(upstream.count(), 0U);
}

TEST(DeclarativeManagement, AStrangersCertificateAsksNothing) {
    Upstream upstream;
    Scene scene{{"-dm", upstream.url() + "/"}};
    auto device = scene.enrolled("U1");
    auto stranger = scene.device(sim::Channel::device("U1"), test_identity("other"));
    EXPECT_EQ(stranger.declarative_management("tokens").status, 403);
    EXPECT_EQ(upstream.count(), 0U);
}

TEST(DeclarativeManagement, IsDumpedBothWays) {
    Upstream upstream;
    upstream.answer({.body = R"({"an":"answer"})"});
    Scene scene{{"-dump", "-dm", upstream.url() + "/"}};
    auto device = scene.enrolled("U1");
    ASSERT_EQ(device.declarative_management("tokens").status, 200);
    scene.stop();
    EXPECT_THAT(scene.server().process().standard_output(),
                testing::AllOf(HasSubstr("<string>tokens</string>"), HasSubstr("{\"an\":\"answer\"}\n")));
}

TEST(DeclarativeManagement, NoSecretOfItsUrlIsLogged) {
    const auto port = std::to_string(free_port());
    Scene scene{{"-dm", "http://jo:hunter2@127.0.0.1:" + port + "/token-4711?key=4712"}};
    auto device = scene.enrolled("U1");
    EXPECT_EQ(device.declarative_management("tokens").status, 502);
    scene.stop();
    EXPECT_THAT(scene.server().log(),
                testing::AllOf(HasSubstr("http://127.0.0.1:" + port), Not(HasSubstr("hunter2")),
                               Not(HasSubstr("4711")), Not(HasSubstr("4712"))));
    EXPECT_THAT(scene.server().log(), HasSubstr("should end with a slash"));
}

TEST(DeclarativeManagement, FlagsThatCannotBeMeantAreUsageErrors) {
    Scene scene;
    const auto refused = [&](std::vector<std::string> flags) {
        auto command = scene.command();
        command.insert(command.end(), flags.begin(), flags.end());
        const auto finished = run(command, std::chrono::seconds{30});
        EXPECT_EQ(finished.status.code, 2) << finished.output;
        return finished.output + finished.error;
    };
    EXPECT_THAT(refused({"-dm", "dm.example.org"}), HasSubstr("-dm: "));
    EXPECT_THAT(refused({"-dm", "ftp://jo:hunter2@h/"}), Not(HasSubstr("hunter2")));
    EXPECT_THAT(refused({"-dm-send-hmac-key-file", "/nonexistent"}), HasSubstr("-dm-send-hmac-key-file: "));
    EXPECT_THAT(refused({"-dm-recv-hmac-key", "a", "-dm-recv-hmac-key-file", "b"}),
                HasSubstr("-dm-recv-hmac-key-file: "));
}

} // namespace
} // namespace nanomdm::test
