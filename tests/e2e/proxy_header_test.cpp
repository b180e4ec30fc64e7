// The header that is the identity: who can set it, and how long it may be.
#include "e2e/proxy.hpp"
#include "e2e/scene.hpp"
#include "support/upstream/upstream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

using sim::Channel;
using sim::Proof;

class IdentityHeader : public testing::TestWithParam<ProxyKind> {
protected:
    std::string header() const { return Proxy::certificate_header(GetParam()); }
    std::string value(const sim::Identity& identity) const {
        return GetParam() == ProxyKind::haproxy ? sim::rfc9440_header(identity)
                                                : sim::escaped_pem_header(identity);
    }
    /// Spellings by which a client might get its own field past the proxy.
    std::vector<std::string> spellings() const {
        auto lower = header();
        auto underscores = header();
        for (auto& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        for (auto& c : underscores)
            if (c == '-') c = '_';
        return {header(), lower, underscores};
    }
};

TEST_P(IdentityHeader, AForgedOneDoesNotGetThrough) {
    Scene scene{Proxy::server_flags(GetParam())};
    const Proxy proxy{GetParam(), scene.server().port()};
    sim::Device victim{Channel::device("U1"), test_identity("U1"), proxy.endpoint()};
    victim.enroll();
    sim::Device other{Channel::device("U2"), test_identity("U2"), proxy.endpoint()};
    other.enroll();
    scene.api().must_enqueue("U1", "C1");

    // Certificates are no secret: the attacker has the victim's, and speaks in its name.
    const auto forge = [&](sim::Device attacker, const std::string& name, int fields) {
        auto request = attacker.report_request(attacker.report_message("Idle", {}));
        for (int i = 0; i < fields; ++i) request.headers.emplace_back(name, value(victim.identity()));
        return attacker.http().send(request);
    };
    for (const auto& name : spellings()) {
        for (const int fields : {1, 2}) {
            const auto without =
                forge({Channel::device("U1"), victim.identity(), proxy.anonymous_endpoint()}, name, fields);
            EXPECT_EQ(without.status, 400) << name;
            const auto with_another =
                forge({Channel::device("U1"), other.identity(), proxy.endpoint()}, name, fields);
            EXPECT_EQ(with_another.status, 403) << name;
        }
    }

    // And this is why the server must listen where only the proxy can reach it.
    auto direct = scene.endpoint(Proof::none);
    const auto believed = forge({Channel::device("U1"), victim.identity(), direct}, header(), 1);
    EXPECT_EQ(believed.status, 200);
    EXPECT_THAT(believed.body, testing::HasSubstr("C1"));
}

TEST_P(IdentityHeader, OnEveryPathTheProxysTakesTheClientsPlace) {
    Upstream server;
    const Proxy proxy{GetParam(), server.port()};
    const auto own = test_identity("own");
    const auto forged = value(test_identity("forged"));
    for (const char* path : {"/mdm", "/checkin", "/authproxy/x"}) {
        sim::HttpClient with{{.client = own, .ca_pem = proxy.ca_pem()}};
        sim::HttpClient without{{.client = {}, .ca_pem = proxy.ca_pem()}};
        for (auto* http : {&with, &without})
            (void)http->send(
                {.method = "PUT", .url = proxy.url() + path, .headers = {{header(), forged}}, .body = "x"});
    }
    std::string name = header();
    for (auto& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto requests = server.requests();
    ASSERT_EQ(requests.size(), 6U);
    for (std::size_t i = 0; i < requests.size(); ++i)
        EXPECT_EQ(requests[i].header(name).value_or(""), i % 2 == 0 ? value(own) : "") << requests[i].target;
}

INSTANTIATE_TEST_SUITE_P(Documented, IdentityHeader, testing::Values(ProxyKind::nginx, ProxyKind::haproxy),
                         testing::PrintToStringParamName());

/// Some 12 kB of certificate.
sim::Identity long_identity() {
    sim::CertificateRequest request;
    request.common_name = "long";
    for (int i = 0; i < 200; ++i)
        request.alternative_names +=
            (i > 0 ? ",DNS:" : "DNS:") + std::string(50, 'a') + std::to_string(i) + ".example.com";
    return test_authority().issue(request, sim::KeyKind::ec_p256);
}

/// What a device with it is told, and the server's log.
struct Told {
    long status;
    std::string log;
};
Told tell_long_certificate(ProxyKind kind, const Replacements& changes = {}) {
    Scene scene{Proxy::server_flags(kind)};
    const Proxy proxy{kind, scene.server().port(), changes};
    sim::Device device{Channel::device("U1"), long_identity(), proxy.endpoint()};
    const auto status = device.authenticate().status;
    scene.stop();
    return {status, scene.server().log()};
}

TEST(LongCertificate, PassesThroughEveryExample) {
    for (const auto kind : {ProxyKind::nginx, ProxyKind::nginx_signature, ProxyKind::haproxy})
        EXPECT_EQ(tell_long_certificate(kind).status, 200) << kind;
}

TEST(LongCertificate, InASignatureNeedsLargeClientHeaderBuffers) {
    const auto told =
        tell_long_certificate(ProxyKind::nginx_signature, {{"large_client_header_buffers 4 32k;", ""}});
    EXPECT_EQ(told.status, 400);
    EXPECT_THAT(told.log, testing::Not(testing::HasSubstr("path=/mdm"))) << "nginx' own answer";
}

TEST(LongCertificate, ArrivesEmptyFromHaproxyWithItsDefaultBuffer) {
    const auto told = tell_long_certificate(ProxyKind::haproxy,
                                            {{"tune.bufsize    65536", ""}, {"tune.maxrewrite 32768", ""}});
    EXPECT_EQ(told.status, 400);
    EXPECT_THAT(told.log, testing::HasSubstr("undecodable identity certificate header"));
}

TEST(BodySize, IsOneMebibyteWithoutClientMaxBodySize) {
    Upstream server;
    const Proxy proxy{ProxyKind::nginx, server.port(), {{"client_max_body_size        16m;", ""}}};
    sim::HttpClient http{{.client = test_identity("U1"), .ca_pem = proxy.ca_pem()}};
    const auto status = [&](std::size_t size) {
        return http.send({.method = "PUT", .url = proxy.url() + "/mdm", .body = std::string(size, 'x')})
            .status;
    };
    EXPECT_EQ(status(1'000'000), 200);
    EXPECT_EQ(status(1'100'000), 413);
}

} // namespace
} // namespace nanomdm::test
