// The test plays systemd: it is told how the server is doing, and hands it its sockets.
#include "e2e/ops_address.hpp"
#include "e2e/scene.hpp"

#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace nanomdm::test {
namespace {

using testing::HasSubstr;

/// NOTIFY_SOCKET, and every datagram that came.
class ServiceManager {
public:
    ServiceManager() {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        path().copy(name.sun_path, sizeof name.sun_path - 1);
        EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    }
    ~ServiceManager() { ::close(socket_); }
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;

    [[nodiscard]] std::string path() const { return (directory_ / "notify").string(); }

    /// Waits for a datagram that holds `part`, past others. @return it; nullopt after 20 s
    std::optional<std::string> hears(const std::string& part) {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
        while (std::chrono::steady_clock::now() < deadline) {
            if (::poll(&ready, 1, 100) <= 0) continue;
            char buffer[4096];
            const auto size = ::recv(socket_, buffer, sizeof buffer, 0);
            if (size < 0) continue;
            std::string text(buffer, static_cast<std::size_t>(size));
            if (text.find(part) != std::string::npos) return text;
        }
        return std::nullopt;
    }

private:
    TempDir directory_;
    int socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

/// A listening socket that a child inherits.
class Socket {
public:
    Socket() {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof name;
        EXPECT_EQ(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&name), length), 0);
        EXPECT_EQ(::listen(descriptor_, 16), 0);
        EXPECT_EQ(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&name), &length), 0);
        port_ = ntohs(name.sin_port);
    }
    ~Socket() { ::close(descriptor_); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

private:
    int descriptor_ = ::socket(AF_INET, SOCK_STREAM, 0); // without CLOEXEC
    unsigned port_ = 0;
};

/// A server's command line, and a CA and a storage for it.
struct Setting {
    TempDir directory;
    std::vector<std::string> command{
        nanomdm_binary(),
        "-listen",
        "127.0.0.1:0",
        "-ca",
        directory.write("ca.pem", test_authority().identity().certificate_pem()).string(),
        "-storage-dsn",
        (directory / "db").string()};
};

/// The command with the sockets as descriptors 3 and up, as systemd starts it.
std::vector<std::string> activated(const std::vector<std::string>& command,
                                   const std::vector<const Socket*>& sockets, const std::string& names) {
    std::string script = "exec";
    // To high numbers first: one of them may itself be 3 or 4.
    for (std::size_t i = 0; i < sockets.size(); ++i)
        script += " " + std::to_string(100 + i) + "<&" + std::to_string(sockets[i]->descriptor());
    script += "; exec";
    for (std::size_t i = 0; i < sockets.size(); ++i)
        script += " " + std::to_string(3 + i) + "<&" + std::to_string(100 + i);
    script += "; export LISTEN_PID=$$ LISTEN_FDS=" + std::to_string(sockets.size());
    if (!names.empty()) script += " LISTEN_FDNAMES=" + names;
    std::vector<std::string> all{"/bin/bash", "-c", script + "; exec \"$@\"", "bash"};
    all.insert(all.end(), command.begin(), command.end());
    return all;
}

TEST(Systemd, HearsOfStartReloadAndStop) {
    ServiceManager manager;
    Setting setting;
    ServerProcess server{{.command = setting.command, .environment = {{"NOTIFY_SOCKET", manager.path()}}}};
    EXPECT_THAT(manager.hears("READY=1").value_or(""), HasSubstr("\nSTATUS=Serving"));
    EXPECT_EQ(Api(server.url(), "").get("/version").status, 200);

    server.process().signal(SIGHUP);
    EXPECT_THAT(manager.hears("RELOADING=1").value_or(""),
                testing::ContainsRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
    EXPECT_TRUE(manager.hears("READY=1"));
    server.process().signal(SIGTERM);
    EXPECT_TRUE(manager.hears("STOPPING=1"));
    EXPECT_EQ(server.process().wait(20s), (ExitStatus{.code = 0, .signal = 0}));
}

TEST(Systemd, GetsSignsOfLifeWhenItAsksForThem) {
    ServiceManager manager;
    Setting setting;
    ServerProcess server{{.command = setting.command,
                          .environment = {{"NOTIFY_SOCKET", manager.path()}, {"WATCHDOG_USEC", "1000000"}}}};
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(manager.hears("WATCHDOG=1")) << i;
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Systemd, IsNotToldWhatIsMeantForAnotherProcess) {
    ServiceManager manager;
    Setting setting;
    ServerProcess server{{.command = setting.command,
                          .environment = {{"NOTIFY_SOCKET", manager.path()},
                                          {"WATCHDOG_USEC", "200000"},
                                          {"WATCHDOG_PID", "1"}}}};
    EXPECT_TRUE(manager.hears("READY=1"));
    server.process().signal(SIGHUP);
    const auto next = manager.hears("");
    EXPECT_THAT(next.value_or(""), HasSubstr("RELOADING=1")) << "a sign of life that nobody waits for";
}

TEST(Systemd, AWrongAddressIsNoReasonNotToServe) {
    Setting setting;
    for (const char* address : {"/does/not/exist", "nonsense", "@nobody-there", "vsock:2:1"}) {
        ServerProcess server{{.command = setting.command, .environment = {{"NOTIFY_SOCKET", address}}}};
        EXPECT_EQ(server.stop().code, 0) << address;
    }
}

TEST(SocketActivation, SocketsStandForTheFlagsTheyAreNamedAfter) {
    Setting setting;
    const Socket devices, api, ops;
    setting.command.insert(setting.command.end(), {"-api", "key"});
    ServerProcess server{
        {.command = activated(setting.command, {&ops, &api, &devices}, "admin-listen:api-listen:listen")}};
    EXPECT_EQ(server.url(), devices.url());
    EXPECT_EQ(Api(devices.url(), "key").get("/version").status, 200);
    EXPECT_EQ(Api(devices.url(), "key").get("/v1/pushcert?all=1").status, 404);
    EXPECT_EQ(Api(api.url(), "key").get("/v1/pushcert?all=1").status, 200);
    EXPECT_EQ(Api(ops.url(), "").get("/readyz").status, 200);
    EXPECT_EQ(Api(devices.url(), "").get("/readyz").status, 404);
    EXPECT_EQ(server.stop().code, 0);
}

TEST(SocketActivation, OneWithoutANameIsTheMainOne) {
    Setting setting;
    const Socket only;
    ServerProcess server{{.command = activated(setting.command, {&only}, "nanomdm.socket")}};
    EXPECT_EQ(server.url(), only.url());
    EXPECT_EQ(Api(only.url(), "").get("/healthz").status, 200);
}

TEST(SocketActivation, ConnectionsMadeBeforeTheStartAreServed) {
    Setting setting;
    const Socket only;
    sim::HttpResponse answer;
    std::thread early{[&] { answer = Api(only.url(), "").get("/version"); }};
    ServerProcess server{{.command = activated(setting.command, {&only}, "listen")}};
    early.join();
    EXPECT_EQ(answer.status, 200);
}

TEST(SocketActivation, SocketsForAnotherProcessAreLeftAlone) {
    Setting setting;
    const Socket other;
    ServerProcess server{
        {.command = setting.command, .environment = {{"LISTEN_PID", "1"}, {"LISTEN_FDS", "1"}}}};
    EXPECT_NE(server.url(), other.url());
    EXPECT_EQ(Api(server.url(), "").get("/version").status, 200);
}

TEST(SocketActivation, WhatCannotBeUsedIsSaid) {
    Setting setting;
    const Socket one, two;
    const auto keyless = run(activated(setting.command, {&one, &two}, "listen:api-listen"));
    EXPECT_EQ(keyless.status.code, 1);
    EXPECT_THAT(keyless.error, HasSubstr("no API key"));
    const Socket three, four;
    const auto many = run(activated(setting.command, {&one, &two, &three, &four}, ""));
    EXPECT_EQ(many.status.code, 1);
    EXPECT_THAT(many.error, HasSubstr("more sockets"));
}

} // namespace
} // namespace nanomdm::test
