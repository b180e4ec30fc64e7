// One binary, several ways to run it: devices alone, the API alone, both apart, several keys; and what it
// says of itself.
#include "e2e/raw_connection.hpp"
#include "e2e/scene.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sstream>
#include <termios.h>
#include <unistd.h>

namespace nanomdm::test {
namespace {

using testing::HasSubstr;

TEST(Modes, DevicesAlone) {
    Scene scene;
    auto command = scene.command();
    scene.stop();
    command.erase(command.begin() + 3, command.begin() + 5); // -api KEY
    ServerProcess server{{.command = command}};
    auto device = scene.device("U1");
    device.use_endpoint({.url = server.url() + "/mdm"});
    device.enroll();
    EXPECT_EQ(device.report("Idle").status, 200);
    Api api{server.url(), Scene::api_key};
    for (const char* path : {"/v1/push/U1", "/v1/pushcert?all=1", "/v1/", "/migration", "/metrics"})
        EXPECT_EQ(api.get(path).status, 404) << path;
    EXPECT_EQ(api.get("/readyz").status, 200);
}

TEST(Modes, TheApiAlone) {
    TempDir directory;
    ServerProcess server{{.command = {nanomdm_binary(), "-disable-mdm", "-api", "key", "-listen",
                                      "127.0.0.1:0", "-storage-dsn", (directory / "db").string()}}};
    Api api{server.url(), "key"};
    EXPECT_EQ(api.get("/v1/pushcert?all=1").status, 200);
    for (const char* path : {"/mdm", "/checkin"}) EXPECT_EQ(api.call("PUT", path).status, 404) << path;
    EXPECT_EQ(api.get("/metrics").status, 200);
    EXPECT_EQ(api.get("/readyz").status, 200);
}

TEST(Modes, TheApiApartFromDevices) {
    TempDir directory;
    const auto socket = (directory / "api.sock").string();
    Scene scene{{"-api-listen", "unix:" + socket}};
    auto device = scene.enrolled("U1");
    EXPECT_EQ(scene.api().get("/v1/pushcert?all=1").status, 404);
    const auto curl = [&](const std::string& path) {
        return run({"/usr/bin/curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", socket,
                    "-u", std::string{"nanomdm:"} + Scene::api_key, "http://api" + path})
            .output;
    };
    EXPECT_EQ(curl("/v1/pushcert?all=1"), "200");
    EXPECT_EQ(curl("/mdm"), "404");
}

TEST(Modes, EveryKeyOpensTheApi) {
    TempDir directory;
    const auto file = directory.write("keys", "three\nfour\n").string();
    Scene scene{{"-api", "two", "-api-file", file}};
    for (const char* key : {Scene::api_key, "two", "three", "four"})
        EXPECT_EQ(scene.api().with_key(key).get("/v1/pushcert?all=1").status, 200) << key;
    for (const char* key : {"", "five", "three\nfour"})
        EXPECT_EQ(scene.api().with_key(key).get("/v1/pushcert?all=1").status, 401) << key;
}

TEST(Help, NamesEveryFlagUnderAHeading) {
    const auto help = run({nanomdm_binary(), "-help"}).output;
    std::istringstream flags{
        "api ca intermediate cert-header checkin debug storage storage-dsn dsn storage-options dump listen "
        "disable-mdm dm dm-send-hmac-key dm-recv-hmac-key migration retro version webhook-url "
        "webhook-hmac-key auth-proxy-url ua-zl-dc export-to export-key migrate-schema admin-listen workers "
        "max-body signature-skew cert-renewal cert-auth-warn-only webhook-max-age webhook-idle apns-url "
        "apns-ca push-expiration escrow-url get-token get-token-url log-format log-level api-file "
        "shutdown-grace tls-cert tls-key trust-proxy api-listen upstream-workers webhook-durable "
        "webhook-max-backlog config help storage-dsn-file webhook-hmac-key-file dm-send-hmac-key-file "
        "dm-recv-hmac-key-file export-key-file"};
    for (std::string flag; flags >> flag;)
        EXPECT_THAT(help, testing::ContainsRegex("\n  -" + flag + "( |\n)")) << flag;
    for (const char* heading : {"Serving:", "Devices:", "API for administrators:", "Storage:", "Webhook:"})
        EXPECT_THAT(help, HasSubstr(std::string{"\n\n"} + heading + "\n")) << heading;
    EXPECT_THAT(help, HasSubstr("  -listen VALUE   NANOMDM_LISTEN (not set), default :9000\n"));
    EXPECT_THAT(run({nanomdm_binary(), "-help"}, 20s, {{"NANOMDM_API", "a secret"}}).output,
                testing::AllOf(HasSubstr("NANOMDM_API (set)"), testing::Not(HasSubstr("a secret"))));
}

TEST(Log, AsJsonIsOneObjectALineWhateverHappens) {
    Scene scene{{"-log-format", "json", "-debug"}};
    auto device = scene.device("U1");
    device.enroll();
    scene.api().must_enqueue("U1", "C1");
    device.connect();
    device.check_in("no property list \x01\xff\"\n");
    scene.api().get("/v1/push/U1%22%0A%C3%28");
    RawConnection raw{scene.server().port()};
    raw.send("GET /\xff\"{}\\ HTTP/1.1\r\nHost: x\r\n\r\n");
    raw.read_response();
    scene.server().process().signal(SIGHUP);
    ASSERT_TRUE(scene.server().process().wait_for_error_line("API keys", 10s));
    scene.stop();
    std::istringstream lines{scene.server().log()};
    std::size_t requests = 0;
    for (std::string line; std::getline(lines, line);) {
        const auto object = nlohmann::json::parse(line, nullptr, false);
        ASSERT_TRUE(object.is_object()) << line;
        for (const char* member : {"time", "level", "msg"}) EXPECT_TRUE(object.contains(member)) << line;
        for (const auto& [key, value] : object.items()) EXPECT_TRUE(value.is_string()) << key;
        if (object["msg"] == "request") {
            ++requests;
            EXPECT_EQ(object["trace_id"].get<std::string>().size(), 16U);
        }
    }
    EXPECT_GE(requests, 7U);
}

/// What the server writes before it ends, to a terminal or elsewhere.
std::string log_of_a_start_on(const std::string& path, int master) {
    TempDir directory;
    ChildProcess::Options options;
    options.command = {nanomdm_binary(), "-disable-mdm", "-api",     "key",
                       "-listen",        "127.0.0.1:0",  "-storage", "inmem"};
    options.environment = {{"TERM", "xterm"}};
    options.stderr_file = path;
    ChildProcess process{std::move(options)};
    std::string text;
    pollfd ready{.fd = master, .events = POLLIN, .revents = 0};
    EXPECT_TRUE(eventually([&] {
        char buffer[4096];
        while (::poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN) != 0) {
            const auto size = ::read(master, buffer, sizeof buffer);
            if (size <= 0) break;
            text.append(buffer, static_cast<std::size_t>(size));
        }
        return text.find("serving") != std::string::npos;
    }));
    process.kill();
    return text;
}

TEST(Log, HasColoursOnATerminalAlone) {
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ASSERT_GE(master, 0);
    ASSERT_EQ(::grantpt(master), 0);
    ASSERT_EQ(::unlockpt(master), 0);
    char name[64];
    ASSERT_EQ(::ptsname_r(master, name, sizeof name), 0);
    EXPECT_THAT(log_of_a_start_on(name, master), HasSubstr("\x1b[32mlevel=info"));
    ::close(master);

    TempDir directory;
    const auto file = directory.write("log", "").string();
    const int reader = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    EXPECT_THAT(log_of_a_start_on(file, reader), testing::Not(HasSubstr("\x1b")));
    ::close(reader);
}

} // namespace
} // namespace nanomdm::test
