// What an administrator gets from a wrong command line: one line that names the flag, exit status 2.
#include "e2e/scene.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

using testing::HasSubstr;

Finished nanomdm(std::vector<std::string> arguments, std::map<std::string, std::string> environment = {}) {
    arguments.insert(arguments.begin(), nanomdm_binary());
    return run(std::move(arguments), 20s, std::move(environment));
}

struct Wrong {
    std::vector<std::string> arguments;
    std::string names; ///< the flag that the message must name
};

TEST(CommandLine, MistakesExitWithStatus2AndOneLineThatNamesTheFlag) {
    const TempDir directory;
    const auto ca = directory.write("ca.pem", test_authority().identity().certificate_pem()).string();
    const auto junk = directory.write("junk.pem", "not PEM\n").string();
    const auto db = (directory / "db").string();
    const std::vector<Wrong> cases{
        {{"-no-such-flag"}, "no-such-flag"},
        {{"-listen"}, "listen"},
        {{"-storage-dsn", db}, "ca"},
        {{"-ca", "/does/not/exist", "-storage-dsn", db}, "ca"},
        {{"-ca", junk, "-storage-dsn", db}, "ca"},
        {{"-ca", ca, "-intermediate", junk, "-storage-dsn", db}, "intermediate"},
        {{"-ca", ca, "-storage", "nonsense", "-storage-dsn", db}, "storage"},
        {{"-ca", ca, "-storage", "filekv", "-storage-dsn", db}, "import"},
        {{"-ca", ca, "-storage-options", "nonsense=1", "-storage-dsn", db}, "storage-options"},
        {{"-ca", ca, "-listen", "nonsense:99999999", "-storage-dsn", db}, "listen"},
        {{"-ca", ca, "-max-body", "many", "-storage-dsn", db}, "max-body"},
        {{"-ca", ca, "-signature-skew", "long", "-storage-dsn", db}, "signature-skew"},
        {{"-ca", ca, "-debug=perhaps", "-storage-dsn", db}, "debug"},
        {{"-disable-mdm", "-storage-dsn", db}, "api"},
        {{"-ca", ca, "-api-file", "/does/not/exist", "-storage-dsn", db}, "api-file"},
        {{"unexpected"}, "unexpected"},
    };
    for (const auto& [arguments, names] : cases) {
        const auto finished = nanomdm(arguments);
        EXPECT_EQ(finished.status.code, 2) << names << ": " << finished.error;
        EXPECT_THAT(finished.error, HasSubstr(names));
        EXPECT_EQ(std::count(finished.error.begin(), finished.error.end(), '\n'), 1) << finished.error;
    }
}

TEST(CommandLine, StartingFailuresExitWithStatus1) {
    Scene scene;
    auto taken = scene.command();
    taken[2] = "127.0.0.1:" + std::to_string(scene.server().port());
    taken[10] = (scene.directory() / "other").string();
    const auto finished = run(taken);
    EXPECT_EQ(finished.status.code, 1) << finished.error;
    EXPECT_NE(finished.error, "");
}

TEST(CommandLine, ASecondProcessOnTheSameDirectoryIsRefused) {
    Scene scene;
    auto device = scene.enrolled("U1");
    const auto second = run(scene.command());
    EXPECT_EQ(second.status.code, 1) << second.error;
    EXPECT_THAT(second.error, HasSubstr(scene.storage().string()));
    EXPECT_EQ(device.report("Idle").status, 200);
}

TEST(CommandLine, HelpListsFlagsAndVariables) {
    for (const char* flag : {"-help", "--help"}) {
        const auto help = nanomdm({flag});
        EXPECT_EQ(help.status.code, 0);
        for (const char* part :
             {"-listen", "NANOMDM_LISTEN", ":9000", "-storage-dsn", "NANOMDM_STORAGE_DSN", "-ua-zl-dc"})
            EXPECT_THAT(help.output, HasSubstr(part));
    }
}

TEST(CommandLine, VersionIsOneLine) {
    const auto version = nanomdm({"-version"});
    EXPECT_EQ(version.status.code, 0);
    EXPECT_EQ(std::count(version.output.begin(), version.output.end(), '\n'), 1);
    EXPECT_EQ(version.error, "");
}

TEST(CommandLine, NanoMdmsSpellingsAreUnderstood) {
    const TempDir directory;
    directory.write("ca.pem", test_authority().identity().certificate_pem());
    const auto ca = (directory / "ca.pem").string();
    const auto db = (directory / "db").string();
    for (const std::vector<std::string>& spelled :
         {std::vector<std::string>{"--ca", ca, "--dsn", db, "-debug=false", "--checkin=T"},
          std::vector<std::string>{"-ca=" + ca, "-storage-dsn=" + db, "-debug"}}) {
        ChildProcess::Options options;
        options.command = {nanomdm_binary(), "-listen=127.0.0.1:0"};
        options.command.insert(options.command.end(), spelled.begin(), spelled.end());
        ServerProcess server{std::move(options)};
        EXPECT_EQ(server.stop().code, 0);
    }
}

TEST(CommandLine, EnvironmentIsReadAndTheFlagWins) {
    const TempDir directory;
    directory.write("ca.pem", test_authority().identity().certificate_pem());
    ChildProcess::Options options;
    options.command = {nanomdm_binary(), "-api", "from-flag"};
    options.environment = {{"NANOMDM_LISTEN", "127.0.0.1:0"},
                           {"NANOMDM_CA", (directory / "ca.pem").string()},
                           {"NANOMDM_STORAGE_DSN", (directory / "db").string()},
                           {"NANOMDM_API", "from-environment"}};
    ServerProcess server{std::move(options)};
    EXPECT_EQ(Api(server.url(), "from-flag").get("/v1/pushcert?topic=x").status, 404);
    EXPECT_EQ(Api(server.url(), "from-environment").get("/v1/pushcert?topic=x").status, 401);
}

TEST(CommandLine, SecretsAreNeverLogged) {
    Scene scene{{"-debug"}};
    auto device = scene.enrolled("U1");
    device.set_bootstrap_token("bootstrap-secret");
    scene.api().with_key("wrong-secret").get("/v1/push/U1");
    scene.stop();
    for (const char* secret : {Scene::api_key, "wrong-secret", "bootstrap-secret"}) {
        EXPECT_THAT(scene.server().log(), testing::Not(HasSubstr(secret)));
        EXPECT_THAT(scene.server().log(), testing::Not(HasSubstr(sim::base64(secret))));
    }
}

} // namespace
} // namespace nanomdm::test
