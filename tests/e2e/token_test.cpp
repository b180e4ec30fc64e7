// GetToken: from files and from another server.
#include "e2e/five_types.hpp"
#include "e2e/scene.hpp"
#include "support/upstream/upstream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

using sim::Dict;
using sim::top_level_member;

class TokenOf : public testing::TestWithParam<OfType> {};

TEST_P(TokenOf, ComesFromAFileOrTheServer) {
    Upstream upstream;
    upstream.answer({.body = "from the server"});
    TempDir directory;
    const std::string token{"\0\xFF token\n", 9};
    const auto file = directory.write("maid", token).string();
    Scene scene{{"-get-token", "com.apple.maid=" + file, "-get-token-url", upstream.url() + "/tokens/"}};
    auto device = GetParam().enroll(scene);

    const auto of_file = device.get_token("com.apple.maid");
    EXPECT_EQ(of_file.status, 200);
    EXPECT_EQ(top_level_member(of_file.body, "TokenData"), token);
    EXPECT_EQ(upstream.count(), 0U);

    const auto of_server = device.get_token("com.example.other");
    EXPECT_EQ(of_server.status, 200);
    EXPECT_EQ(top_level_member(of_server.body, "TokenData"), "from the server");
    const auto seen = upstream.requests().at(0);
    EXPECT_EQ(seen.method, "GET");
    EXPECT_EQ(seen.target, "/tokens/com.example.other");
    EXPECT_EQ(seen.header("x-enrollment-id"), GetParam().id);
    EXPECT_EQ(seen.header("x-enrollment-type"), GetParam().type);
    EXPECT_EQ(seen.header("x-enrollment-parentid").value_or(""), GetParam().parent);
}

INSTANTIATE_TEST_SUITE_P(All, TokenOf, testing::ValuesIn(five_types()),
                         [](const auto& instance) { return instance.param.name; });

TEST(Token, ARenewedFileCountsAtOnce) {
    TempDir directory;
    const auto file = directory.write("maid", "first").string();
    Scene scene{{"-get-token", "com.apple.maid=" + file}};
    auto device = scene.enrolled("U1");
    EXPECT_EQ(top_level_member(device.get_token("com.apple.maid").body, "TokenData"), "first");
    directory.write("maid", "second");
    EXPECT_EQ(top_level_member(device.get_token("com.apple.maid").body, "TokenData"), "second");
    std::filesystem::remove(file);
    EXPECT_EQ(device.get_token("com.apple.maid").status, 503) << "the device is to come again";
}

TEST(Token, NobodyServesTheType) {
    Upstream upstream;
    upstream.answer({.status = 404});
    TempDir directory;
    const auto file = directory.write("maid", "token").string();
    Scene scene{{"-get-token", "com.apple.maid=" + file}};
    auto device = scene.enrolled("U1");
    EXPECT_EQ(device.get_token("com.apple.other").status, 400);
    EXPECT_EQ(device.check_in(device.message("GetToken")).status, 400);

    scene.restart({"-get-token-url", upstream.url() + "/"});
    device.use_endpoint(scene.endpoint());
    EXPECT_EQ(device.get_token("com.apple.maid").status, 400);
    upstream.answer({.status = 500});
    EXPECT_EQ(device.get_token("com.apple.maid").status, 502);
}

TEST(Token, WatchPairingTellsItsParameters) {
    Upstream upstream;
    Scene scene{{"-get-token-url", upstream.url() + "/", "-dm-send-hmac-key", "key"}};
    auto device = scene.enrolled("U1");
    const std::string type = "com.apple.watch.pairing";
    EXPECT_EQ(device.get_token(type).status, 400);
    EXPECT_EQ(upstream.count(), 0U);

    const auto parameters = Dict{}.string("PhoneUDID", "P1").string("WatchUDID", "W1");
    const auto message = device.message(
        "GetToken", Dict{}.string("TokenServiceType", type).dict("TokenParameters", parameters));
    EXPECT_EQ(device.check_in(message).status, 200);
    const auto seen = upstream.requests().at(0);
    EXPECT_EQ(seen.method, "PUT");
    EXPECT_EQ(seen.body, R"({"PhoneUDID":"P1","WatchUDID":"W1"})");
    EXPECT_EQ(seen.header("x-hmac-signature"), hmac_signature("key", seen.body));
}

TEST(Token, FlagsThatCannotBeMeantAreUsageErrors) {
    Scene scene;
    const auto file = scene.directory().write("token", "token").string();
    for (const auto& flags : std::vector<std::vector<std::string>>{
             {"-get-token", "com.apple.maid"},
             {"-get-token", "=" + file},
             {"-get-token", "com.apple.maid="},
             {"-get-token", "com.apple.maid=/nonexistent"},
             {"-get-token", "a=" + file, "-get-token", "a=" + file},
             {"-get-token-url", "tokens.example.org"},
         }) {
        auto command = scene.command();
        command.insert(command.end(), flags.begin(), flags.end());
        const auto finished = run(command, std::chrono::seconds{30});
        EXPECT_EQ(finished.status.code, 2) << flags[1];
        EXPECT_THAT(finished.error, testing::HasSubstr(flags[0] + ": ")) << flags[1];
    }
}

} // namespace
} // namespace nanomdm::test
