// The documented proxies do what a device needs: enrollment, commands, large answers, restarts behind them.
#include "e2e/proxy.hpp"
#include "e2e/scene.hpp"
#include "support/process/free_port.hpp"
#include "support/upstream/upstream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace nanomdm::test {
namespace {

using namespace std::chrono_literals;
using sim::Channel;
using testing::AnyOf;

class ProxyTest : public testing::TestWithParam<ProxyKind> {
protected:
    sim::Device device(const Proxy& proxy, const std::string& udid) const {
        return {Channel::device(udid), test_identity(udid), proxy.endpoint()};
    }
};

/// What a Mac with a great many applications reports.
sim::Dict application_list(std::size_t bytes) {
    std::vector<sim::Dict> applications;
    for (std::size_t i = 0; i < bytes / 250; ++i) {
        sim::Dict application;
        application.string("Name", "Application " + std::to_string(i))
            .string("Identifier", "com.example.application." + std::to_string(i))
            .string("Version", "1." + std::to_string(i))
            .integer("BundleSize", 123456789)
            .boolean("Installing", false);
        applications.push_back(std::move(application));
    }
    return sim::Dict{}.array("InstalledApplicationList", applications);
}

TEST_P(ProxyTest, DevicesEnrollAndGetTheirCommands) {
    Scene scene{Proxy::server_flags(GetParam())};
    const Proxy proxy{GetParam(), scene.server().port()};
    auto mac = device(proxy, "U1");
    mac.enroll();
    scene.api().must_enqueue("U1", "C1");
    scene.api().must_enqueue("U1", "C2");
    EXPECT_EQ(mac.connect().size(), 2U);
    auto thief = sim::Device{Channel::device("U1"), test_identity("thief"), proxy.endpoint()};
    EXPECT_EQ(thief.report("Idle").status, 403);
}

TEST_P(ProxyTest, ALongApplicationListArrivesWhole) {
    Scene scene{Proxy::server_flags(GetParam())};
    const Proxy proxy{GetParam(), scene.server().port()};
    auto mac = device(proxy, "U1");
    mac.enroll();
    scene.api().must_enqueue("U1", "C1", "InstalledApplicationList");
    const auto report = mac.report_message("Acknowledged", "C1", application_list(6'000'000));
    ASSERT_GT(report.size(), 5'000'000U);
    EXPECT_EQ(mac.send_report(report).status, 200);
    EXPECT_TRUE(mac.connect().empty()) << "answered";
}

TEST_P(ProxyTest, WhatIsNotForDevicesCannotBeReached) {
    Scene scene{Proxy::server_flags(GetParam())};
    const Proxy proxy{GetParam(), scene.server().port()};
    sim::CertificateRequest expired;
    expired.common_name = "U1";
    expired.starts_in = -48h;
    expired.ends_in = -1h; // which nginx deals with in a place of its own
    const auto basic = "Basic " + sim::base64(std::string{"nanomdm:"} + Scene::api_key);
    for (const std::optional<sim::Identity>& client :
         {std::optional<sim::Identity>{}, std::optional{test_identity("U1")},
          std::optional{test_authority().issue(expired, sim::KeyKind::ec_p256)}}) {
        sim::HttpClient http{{.client = client, .ca_pem = proxy.ca_pem()}};
        for (const char* path : {"/v1/push/U1", "/version", "/v1/pushcert?all=1", "/mdm/../v1/push/U1", "/",
                                 "//v1/push/U1", "/mdm/", "/%6ddm/../v1/push/U1"}) {
            const auto answer = http.send({.url = proxy.url() + path, .headers = {{"Authorization", basic}}});
            EXPECT_THAT(answer.status, AnyOf(404, 400)) << path;
        }
    }
    EXPECT_THAT(scene.server().log(), testing::Not(testing::HasSubstr("path=/v1")));
}

TEST_P(ProxyTest, AnUntrustedCertificateIs400AndNever401) {
    Scene scene{Proxy::server_flags(GetParam())};
    const Proxy proxy{GetParam(), scene.server().port()};
    const auto status = [&](const sim::Identity& identity) {
        return sim::Device{Channel::device("U1"), identity, proxy.endpoint()}.authenticate().status;
    };
    sim::CertificateRequest request;
    request.common_name = "U1";
    EXPECT_EQ(status(sim::Authority::create("End-to-end test CA").issue(request, sim::KeyKind::ec_p256)),
              400);
    EXPECT_EQ(status(sim::self_signed(request, sim::KeyKind::ec_p256)), 400);
    auto expired = request;
    expired.starts_in = -48h;
    expired.ends_in = -1h;
    EXPECT_EQ(status(test_authority().issue(expired, sim::KeyKind::ec_p256)), 400);
    auto server = request;
    server.usage = sim::CertificateRequest::Usage::server;
    EXPECT_EQ(status(test_authority().issue(server, sim::KeyKind::ec_p256)), 400);
    auto nobody = sim::Device{Channel::device("U1"), test_identity("U1"), proxy.anonymous_endpoint()};
    EXPECT_EQ(nobody.authenticate().status, 400);
}

TEST_P(ProxyTest, ACertificateThatStartsWithinTheSkewIsTaken) {
    Scene scene{Proxy::server_flags(GetParam())};
    const Proxy proxy{GetParam(), scene.server().port()};
    sim::CertificateRequest request;
    request.common_name = "U1";
    request.starts_in = 2min;
    sim::Device ipad{Channel::device("U1"), test_authority().issue(request, sim::KeyKind::ec_p256),
                     proxy.endpoint()};
    ipad.enroll();
    EXPECT_TRUE(ipad.connect().empty());
}

TEST_P(ProxyTest, ManyDevicesShareFewConnectionsToTheServer) {
    Upstream server;
    const Proxy proxy{GetParam(), server.port()};
    for (int i = 0; i < 20; ++i) EXPECT_EQ(device(proxy, "U" + std::to_string(i)).report("Idle").status, 200);
    EXPECT_EQ(server.count(), 20U);
    EXPECT_LE(server.connections(), 4U);
}

TEST_P(ProxyTest, WhileTheServerIsAwayDevicesGet5xxAndThenGoOn) {
    auto flags = Proxy::server_flags(GetParam());
    const auto port = free_port();
    flags.insert(flags.end(), {"-listen", "127.0.0.1:" + std::to_string(port)});
    Scene scene{flags};
    const Proxy proxy{GetParam(), port};
    auto mac = device(proxy, "U1");
    mac.enroll();
    scene.restart(flags); // the proxy's connections have ended without its knowing
    EXPECT_EQ(mac.report("Idle").status, 200);

    scene.api().must_enqueue("U1", "C1");
    scene.stop();
    EXPECT_THAT(mac.report("Idle").status, AnyOf(502, 503));
    scene.start();
    EXPECT_EQ(mac.connect().size(), 1U);
}

TEST_P(ProxyTest, TheLogNamesTheDeviceNotTheProxyNorWhatTheDeviceSays) {
    Scene scene{Proxy::server_flags(GetParam())};
    const Proxy proxy{GetParam(), scene.server().port()};
    sim::HttpClient http{{.client = {}, .ca_pem = proxy.ca_pem(), .from = "127.0.0.5"}};
    (void)http.send({.method = "PUT",
                     .url = proxy.url() + "/mdm",
                     .headers = {{"X-Forwarded-For", "203.0.113.9"}},
                     .body = "x"});
    const auto line = scene.server().process().wait_for_error_line("msg=\"request\"", 10s);
    ASSERT_TRUE(line);
    EXPECT_THAT(*line, testing::HasSubstr("remote=127.0.0.5"));
}

TEST_P(ProxyTest, TheAuthenticationProxyTakesBodiesOfAnySize) {
    Upstream server;
    const Proxy proxy{GetParam(), server.port()};
    const std::size_t size = GetParam() == ProxyKind::nginx_signature ? 15'000'000 : 20'000'000;
    sim::HttpClient http{{.client = test_identity("U1"), .ca_pem = proxy.ca_pem()}};
    const auto answer =
        http.send({.method = "PUT", .url = proxy.url() + "/authproxy/a?b=c", .body = std::string(size, 'x')});
    EXPECT_EQ(answer.status, 200);
    ASSERT_EQ(server.count(), 1U);
    EXPECT_EQ(server.requests().front().target, "/authproxy/a?b=c");
    EXPECT_EQ(server.requests().front().body.size(), size);
}

INSTANTIATE_TEST_SUITE_P(Documented, ProxyTest,
                         testing::Values(ProxyKind::nginx, ProxyKind::nginx_signature, ProxyKind::haproxy),
                         testing::PrintToStringParamName());

} // namespace
} // namespace nanomdm::test
