// The administrators' API, byte for byte where scripts depend on it.
#include "e2e/scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

using sim::command_plist;
using testing::HasSubstr;
using testing::StartsWith;

TEST(ApiAuth, WrongOrMissingIs401WithAChallenge) {
    Scene scene;
    auto wrong = scene.api().with_key("wrong");
    for (const char* path : {"/v1/pushcert?topic=x", "/v1/push/U1", "/v1/enqueue/U1"}) {
        const auto refused = wrong.get(path);
        EXPECT_EQ(refused.status, 401) << path;
        EXPECT_EQ(refused.header("www-authenticate"), "Basic realm=\"nanomdm\"");
        sim::HttpClient anonymous;
        EXPECT_EQ(anonymous.send({.url = scene.url() + path}).status, 401) << path;
    }
}

TEST(ApiAuth, SeveralKeysAndOnesFromAFile) {
    const TempDir directory;
    const auto file = directory.write("keys", "from-file-1\nfrom-file-2\n").string();
    Scene scene{{"-api", "second", "-api-file", file}};
    for (const char* key : {Scene::api_key, "second", "from-file-1", "from-file-2"})
        EXPECT_EQ(scene.api().with_key(key).get("/v1/pushcert?topic=x").status, 404) << key;
    EXPECT_EQ(scene.api().with_key("").get("/v1/pushcert?topic=x").status, 401);
}

TEST(ApiAuth, KeyFileIsReadAgainOnSighup) {
    const TempDir directory;
    const auto file = directory.write("keys", "old\n").string();
    Scene scene{{"-api-file", file}};
    directory.write("keys", "new\n");
    scene.server().process().signal(SIGHUP);
    EXPECT_TRUE(
        eventually([&] { return scene.api().with_key("new").get("/v1/pushcert?topic=x").status == 404; }));
    EXPECT_EQ(scene.api().with_key("old").get("/v1/pushcert?topic=x").status, 401);
}

TEST(ApiVersion, NeedsNoKey) {
    Scene scene;
    sim::HttpClient anonymous;
    const auto response = anonymous.send({.url = scene.url() + "/version"});
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(response.body, StartsWith("{\"version\":\""));
    EXPECT_EQ(response.header("content-type"), "application/json");
}

TEST(ApiEnqueue, AnswersAsNanoMdmDoes) {
    Scene scene;
    auto device = scene.enrolled("U1");
    const auto response = scene.api().enqueue("U1", command_plist("C1", "ProfileList"));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("content-type"), "application/json");
    EXPECT_EQ(
        response.body,
        "{\n\t\"no_push\": true,\n\t\"command_uuid\": \"C1\",\n\t\"request_type\": \"ProfileList\"\n}\n");
}

TEST(ApiEnqueue, SomeIdsUnknownIs207AllUnknownIs500) {
    Scene scene;
    auto device = scene.enrolled("U1");
    const auto some = scene.api().enqueue("nobody,U1", command_plist("C1", "ProfileList"));
    EXPECT_EQ(some.status, 207);
    EXPECT_EQ(some.body,
              "{\n\t\"status\": {\n\t\t\"nobody\": {\n\t\t\t\"command_error\": \"enrollment not "
              "found\"\n\t\t}\n\t},\n"
              "\t\"no_push\": true,\n\t\"command_uuid\": \"C1\",\n\t\"request_type\": \"ProfileList\"\n}\n");
    EXPECT_EQ(device.connect().size(), 1U);
    const auto none = scene.api().enqueue("nobody,no-one", command_plist("C2", "ProfileList"));
    EXPECT_EQ(none.status, 500);
    EXPECT_THAT(none.body, HasSubstr("\"no-one\": {\n\t\t\t\"command_error\": \"enrollment not found\""));
}

TEST(ApiEnqueue, BadBodiesAre400WithAnErrorMember) {
    Scene scene;
    auto device = scene.enrolled("U1");
    for (const std::string& body :
         {std::string{"not a plist"}, sim::Dict{}.string("CommandUUID", "C1").document(),
          sim::Dict{}.dict("Command", sim::Dict{}.string("RequestType", "X")).document(),
          command_plist("", "X"), command_plist("C1", ""), command_plist(std::string(128, 'u'), "X"),
          command_plist("C1", std::string(64, 't'))}) {
        const auto response = scene.api().enqueue("U1", body);
        EXPECT_EQ(response.status, 400) << body;
        EXPECT_THAT(response.body, HasSubstr("\"error\": ")) << body;
    }
    EXPECT_TRUE(device.connect().empty());
}

TEST(ApiEnqueue, TheSameUuidIsIdempotentWithTheSameBytesAndAConflictWithOthers) {
    Scene scene;
    auto one = scene.enrolled("U1");
    auto two = scene.enrolled("U2");
    scene.api().must_enqueue("U1", "C1");
    scene.api().must_enqueue("U1,U2", "C1");
    EXPECT_EQ(scene.api().enqueue("U2", command_plist("C1", "ProfileList")).status, 409);
    EXPECT_EQ(one.connect().size(), 1U);
    EXPECT_EQ(two.connect().size(), 1U);
    const auto used = scene.api().enqueue("U1", command_plist("C1", "DeviceInformation"));
    EXPECT_EQ(used.status, 500);
    EXPECT_THAT(used.body, HasSubstr("\"command_error\": \"command UUID already used\""));
}

TEST(ApiEnqueue, AnyMethodWithABodyAndPercentEncodedIds) {
    Scene scene;
    auto device = scene.enrolled("U,1"); // a comma inside cannot be told from two IDs
    auto plain = scene.enrolled("U/1");
    EXPECT_EQ(scene.api().call("POST", "/v1/enqueue/U%2F1?nopush=yes", command_plist("C1", "X")).status, 200);
    EXPECT_EQ(plain.connect().size(), 1U);
}

TEST(ApiEnqueue, PushWithoutAPushCertificateReportsPushErrorsAndKeepsTheCommand) {
    Scene scene;
    auto device = scene.enrolled("U1");
    const auto response = scene.api().enqueue("U1", command_plist("C1", "X"), true);
    EXPECT_EQ(response.status, 500) << response.body;
    EXPECT_THAT(response.body, HasSubstr("\"push_error\": "));
    EXPECT_THAT(response.body, testing::Not(HasSubstr("command_error")));
    EXPECT_EQ(device.connect().size(), 1U);
}

std::string json_ids(int count) {
    std::string text = "[";
    for (int i = 0; i < count; ++i) text += (i == 0 ? "\"D" : ",\"D") + std::to_string(i) + "\"";
    return text + "]";
}

std::string json_escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        if (c == '\n')
            result += "\\n";
        else if (c == '\t')
            result += "\\t";
        else
            result += c;
    }
    return result;
}

TEST(ApiBulk, JsonBodyWithManyIds) {
    Scene scene;
    auto first = scene.enrolled("D0");
    auto last = scene.enrolled("D99999");
    const auto body = R"({"ids": )" + json_ids(100'000) + R"(, "command": ")" +
                      json_escaped(command_plist("C1", "ProfileList")) + R"(", "no_push": true})";
    const auto response = scene.api().call("POST", "/v1/enqueue", body, "application/json");
    EXPECT_EQ(response.status, 207) << response.body.substr(0, 300);
    EXPECT_THAT(response.body, HasSubstr("\"D1\": {\n\t\t\t\"command_error\": \"enrollment not found\""));
    EXPECT_THAT(response.body, testing::Not(HasSubstr("\"D0\"")));
    EXPECT_EQ(first.connect().size(), 1U);
    const auto exchanges = last.connect();
    ASSERT_EQ(exchanges.size(), 1U);
    EXPECT_EQ(exchanges[0].command.raw, command_plist("C1", "ProfileList"));
}

TEST(ApiBulk, NonsenseIs400) {
    Scene scene;
    for (const char* body :
         {"", "{", "[]", "{}", R"({"ids": "U1"})", R"({"ids": [1]})", R"({"ids": ["U1"]})",
          R"({"ids": ["U1"], "command": "not a plist"})", R"({"ids": ["U1"], "command": 5})"}) {
        const auto response = scene.api().call("POST", "/v1/enqueue", body, "application/json");
        EXPECT_EQ(response.status, 400) << body << response.body;
    }
    EXPECT_EQ(scene.api().call("POST", "/v1/enqueue", "x", "text/plain").status / 100, 4);
}

TEST(ApiBulk, MultipartFormWithTheCommandAsAFile) {
    Scene scene;
    auto device = scene.enrolled("U1");
    const auto command = command_plist("C1", "ProfileList");
    const std::string body =
        "--BB\r\nContent-Disposition: form-data; name=\"ids\"\r\n\r\nU1\nnobody\r\n"
        "--BB\r\nContent-Disposition: form-data; name=\"no_push\"\r\n\r\ntrue\r\n"
        "--BB\r\nContent-Disposition: form-data; name=\"command\"; filename=\"c.plist\"\r\n"
        "Content-Type: application/xml\r\n\r\n" +
        command + "\r\n--BB--\r\n";
    const auto response = scene.api().call("POST", "/v1/enqueue", body, "multipart/form-data; boundary=BB");
    EXPECT_EQ(response.status, 207) << response.body;
    EXPECT_EQ(device.report("Idle").body, command);
}

std::string key_and_certificate(const sim::Identity& identity) {
    return identity.key_pem() + identity.certificate_pem();
}

TEST(ApiPushCert, StoredAndShownByTopic) {
    Scene scene;
    const auto identity = sim::make_push_certificate("com.apple.mgmt.External.e2e");
    const auto stored = scene.api().call("PUT", "/v1/pushcert", key_and_certificate(identity));
    EXPECT_EQ(stored.status, 200);
    EXPECT_THAT(stored.body, testing::MatchesRegex("\\{\n\t\"topic\": \"com.apple.mgmt.External.e2e\",\n"
                                                   "\t\"not_after\": \"20..-..-..T..:..:..Z\"\n\\}\n"));
    const auto shown = scene.api().get("/v1/pushcert?topic=com.apple.mgmt.External.e2e");
    EXPECT_EQ(shown.status, 200);
    EXPECT_EQ(shown.body, stored.body);
    scene.restart({});
    EXPECT_EQ(scene.api().get("/v1/pushcert?topic=com.apple.mgmt.External.e2e").body, stored.body);
}

TEST(ApiPushCert, AnyOrderAndNoNewlineBetweenTheBlocks) {
    Scene scene;
    const auto identity = sim::make_push_certificate("com.apple.mgmt.External.e2e");
    auto certificate = identity.certificate_pem();
    certificate.pop_back();
    EXPECT_EQ(scene.api().call("PUT", "/v1/pushcert", certificate + identity.key_pem()).status, 200);
    EXPECT_EQ(scene.api().call("PUT", "/v1/pushcert", identity.key_pem() + certificate).status, 200);
}

TEST(ApiPushCert, WhatIsNoPushCertificateIs400) {
    Scene scene;
    const auto one = sim::make_push_certificate("com.apple.mgmt.External.one");
    const auto two = sim::make_push_certificate("com.apple.mgmt.External.two");
    const auto device = test_identity("U1");
    for (const std::string& body :
         {std::string{}, std::string{"nonsense"}, one.certificate_pem(), one.key_pem(),
          one.certificate_pem() + two.key_pem(), device.certificate_pem() + device.key_pem()}) {
        const auto response = scene.api().call("PUT", "/v1/pushcert", body);
        EXPECT_EQ(response.status, 400) << body;
        EXPECT_THAT(response.body, HasSubstr("\"error\": "));
    }
    EXPECT_EQ(scene.api().get("/v1/pushcert").status, 400);
    EXPECT_EQ(scene.api().get("/v1/pushcert?topic=com.apple.mgmt.External.one").status, 404);
}

TEST(ApiOnly, DisableMdmLeavesTheApi) {
    Scene scene{{"-disable-mdm"}};
    EXPECT_EQ(scene.api().get("/v1/pushcert?topic=x").status, 404);
    EXPECT_EQ(scene.device("U1").report("Idle").status, 404);
}

TEST(ApiOff, WithoutAKeyThereIsNoApi) {
    Scene scene;
    auto command = scene.command();
    scene.stop();
    command.erase(command.begin() + 3, command.begin() + 5); // -api KEY
    ServerProcess server{{.command = command}};
    EXPECT_EQ(Api(server.url(), Scene::api_key).get("/v1/pushcert?topic=x").status, 404);
    EXPECT_EQ(Api(server.url(), "").get("/version").status, 200);
}

} // namespace
} // namespace nanomdm::test
