// Where a server listens, and whom it takes the client to be.
#include "raw_client.hpp"
#include "test_server.hpp"

#include "http/client_address.hpp"
#include "http/listener.hpp"
#include "nanomdm/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace nanomdm::http::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class TempDirectory {
public:
    TempDirectory() {
        std::string name = std::filesystem::temp_directory_path() / "nanomdm-http-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    ~TempDirectory() { std::filesystem::remove_all(path_); }
    std::filesystem::path operator/(const char* name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

Errc refused(const std::string& address) {
    try {
        (void)Listener::bind(address);
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr(address));
        return error.code();
    }
    ADD_FAILURE() << address << " was taken";
    return Errc::internal;
}

TEST(Address, ReportsThePortTheSystemChose) {
    EXPECT_THAT(Listener::bind("127.0.0.1:0").address(),
                testing::MatchesRegex("127\\.0\\.0\\.1:[1-9][0-9]*"));
    EXPECT_THAT(Listener::bind("localhost:0").address(), StartsWith("127.0.0.1:"));
    EXPECT_THAT(Listener::bind("[::1]:0").address(), testing::MatchesRegex("\\[::1\\]:[1-9][0-9]*"));
}

TEST(Address, RefusesWhatIsNoAddress) {
    for (const char* address : {"", "9000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000",
                                "::1:9000", "[::1]", "127.0.0.1:-1", "unix:"})
        EXPECT_EQ(refused(address), Errc::invalid) << address;
    EXPECT_EQ(refused("unix:/" + std::string(200, 'x')), Errc::invalid);
    EXPECT_EQ(refused("unix:/nonexistent/directory/socket"), Errc::unavailable);
    EXPECT_EQ(refused("192.0.2.1:0"), Errc::unavailable);
}

TEST(Address, RefusesAPortThatIsTaken) {
    const auto first = Listener::bind("127.0.0.1:0");
    EXPECT_EQ(refused(first.address()), Errc::unavailable);
}

TEST(Address, ServesIPv6) {
    TestServer server{{.address = "[::1]:0"}};
    EXPECT_THAT(server.address(), StartsWith("[::1]:"));
    EXPECT_THAT(ask(server.address(), get("/request")).body, HasSubstr("\n::1\n"));
}

TEST(Address, ServesAUnixSocketOnlyItsGroupMayUse) {
    const TempDirectory directory;
    const auto path = directory / "socket";
    {
        TestServer server{{.address = "unix:" + path.string()}};
        EXPECT_EQ(server.address(), "unix:" + path.string());
        EXPECT_THAT(ask(server.address(), get("/request")).body, HasSubstr("\nunix\n"));
        struct stat status {};
        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777u, 0660u);
    }
    EXPECT_FALSE(std::filesystem::exists(path)) << "left behind";
}

TEST(Address, ReplacesAStaleSocketFileButNeitherALiveOneNorAFile) {
    const TempDirectory directory;
    const auto stale = (directory / "stale").string();
    const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    stale.copy(name.sun_path, sizeof name.sun_path - 1);
    ASSERT_EQ(::bind(dead, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    ::close(dead);
    TestServer server{{.address = "unix:" + stale}};
    EXPECT_EQ(ask(server.address(), get("/version")).status, 200u);
    EXPECT_EQ(refused("unix:" + stale), Errc::unavailable);
    EXPECT_EQ(ask(server.address(), get("/version")).status, 200u);

    const auto file = (directory / "file").string();
    std::ofstream{file} << "precious";
    EXPECT_EQ(refused("unix:" + file), Errc::unavailable);
    EXPECT_TRUE(std::filesystem::exists(file));
}

TEST(Address, AdoptsAListeningSocketAndNothingElse) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    EXPECT_THROW((void)Listener::adopt(socket), Error);
    ASSERT_EQ(::listen(socket, 16), 0);

    Router router;
    router.add({.path = "/", .methods = {}, .handler = [](HttpRequest&) { return HttpResponse{}; }});
    WorkerPool pool{WorkerPool::fixed(1)};
    Server server{pool, pool};
    const auto address = server.adopt(socket, router);
    server.start();
    EXPECT_EQ(ask(address, get("/")).status, 200u);
}

TEST(Address, ListensWithDifferentRoutesOnSeveralAddresses) {
    Router devices;
    devices.add({.path = "/mdm", .methods = {}, .handler = [](HttpRequest&) { return HttpResponse{}; }});
    Router admins;
    admins.add({.path = "/v1/", .methods = {}, .handler = [](HttpRequest&) { return HttpResponse{}; }});
    WorkerPool pool{WorkerPool::fixed(1)};
    ServerOptions options;
    options.io_threads = 3;
    Server server{pool, pool, options};
    const auto first = server.listen("127.0.0.1:0", devices);
    const auto second = server.listen("127.0.0.1:0", admins);
    server.start();
    for (int i = 0; i < 6; ++i) { // every I/O thread twice
        EXPECT_EQ(ask(first, get("/mdm")).status, 200u);
        EXPECT_EQ(ask(first, get("/v1/x")).status, 404u);
        EXPECT_EQ(ask(second, get("/v1/x")).status, 200u);
        EXPECT_EQ(ask(second, get("/mdm")).status, 404u);
    }
}

std::string client(const TrustedProxies& proxies, std::string_view peer,
                   const std::vector<std::string>& forwarded) {
    Headers headers;
    for (const auto& value : forwarded) headers.add("x-forwarded-for", value);
    return proxies.client_of(peer, headers);
}

TEST(ClientAddress, BelievesOnlyTrustedPeers) {
    const TrustedProxies nobody;
    const TrustedProxies proxies{{"10.0.0.0/8", "fd00::/8", "192.0.2.7"}};
    EXPECT_EQ(client(nobody, "10.1.2.3", {"203.0.113.9"}), "10.1.2.3");
    EXPECT_EQ(client(proxies, "10.1.2.3", {"203.0.113.9"}), "203.0.113.9");
    EXPECT_EQ(client(proxies, "fd00::1", {"203.0.113.9"}), "203.0.113.9");
    EXPECT_EQ(client(proxies, "192.0.2.7", {"203.0.113.9"}), "203.0.113.9");
    EXPECT_EQ(client(proxies, "192.0.2.8", {"203.0.113.9"}), "192.0.2.8");
    EXPECT_EQ(client(proxies, "unix", {"203.0.113.9"}), "unix");
    EXPECT_EQ(client(TrustedProxies{{"unix"}}, "unix", {"203.0.113.9"}), "203.0.113.9");
}

TEST(ClientAddress, TakesTheRightmostThatIsNotAProxy) {
    const TrustedProxies proxies{{"10.0.0.0/8"}};
    EXPECT_EQ(client(proxies, "10.0.0.1", {"1.1.1.1, 203.0.113.9, 10.0.0.2"}), "203.0.113.9");
    EXPECT_EQ(client(proxies, "10.0.0.1", {"1.1.1.1", "203.0.113.9", "10.0.0.2"}), "203.0.113.9");
    EXPECT_EQ(client(proxies, "10.0.0.1", {"10.0.0.3, 10.0.0.2"}), "10.0.0.3");
    EXPECT_EQ(client(proxies, "10.0.0.1", {}), "10.0.0.1");
    EXPECT_EQ(client(proxies, "10.0.0.1", {"203.0.113.9, rubbish"}), "10.0.0.1");
    EXPECT_EQ(client(proxies, "10.0.0.1", {"203.0.113.9:4711"}), "203.0.113.9");
    EXPECT_EQ(client(proxies, "10.0.0.1", {"[2001:db8::1]:4711"}), "2001:db8::1");
    EXPECT_EQ(client(proxies, "10.0.0.1", {"2001:db8::1"}), "2001:db8::1");
}

TEST(ClientAddress, MatchesPrefixesToTheBit) {
    const TrustedProxies proxies{{"192.168.4.0/22", "2001:db8:8000::/33", "0.0.0.0/32"}};
    EXPECT_TRUE(proxies.contains("192.168.7.255"));
    EXPECT_FALSE(proxies.contains("192.168.8.0"));
    EXPECT_TRUE(proxies.contains("2001:db8:ffff::1"));
    EXPECT_FALSE(proxies.contains("2001:db8:7fff::1"));
    EXPECT_TRUE(TrustedProxies{{"0.0.0.0/0"}}.contains("8.8.8.8"));
    EXPECT_FALSE(TrustedProxies{{"0.0.0.0/0"}}.contains("2001:db8::1"));
    EXPECT_TRUE(TrustedProxies{{"::/0"}}.contains("2001:db8::1"));
}

TEST(ClientAddress, RefusesWhatIsNoNetwork) {
    for (const char* network : {"", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/x", "fd00::/129",
                                "host", "10.0.0.0/-1", "10.0.0.0/8/8"})
        EXPECT_THROW((TrustedProxies{{network}}), Error) << network;
}

TEST(ClientAddress, ReachesTheHandler) {
    ServerOptions options;
    options.trusted_proxies = TrustedProxies{{"127.0.0.0/8"}};
    TestServer server{{.server = options}};
    EXPECT_THAT(ask(server.address(), get("/request", "X-Forwarded-For: 203.0.113.9\r\n")).body,
                HasSubstr("\n203.0.113.9\n"));
}

} // namespace
} // namespace nanomdm::http::test
