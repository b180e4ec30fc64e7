// The binary's own TLS: devices by client certificate, administrators without, certificates renewed.
#include "e2e/scene.hpp"
#include "support/process/free_port.hpp"
#include "support/wire/wire_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace nanomdm::test {
namespace {

using namespace std::chrono_literals;
using sim::Channel;
using sim::Proof;
using Usage = sim::CertificateRequest::Usage;
using testing::HasSubstr;

sim::Identity tls_identity() {
    sim::CertificateRequest request;
    request.common_name = "server";
    request.usage = Usage::server;
    request.alternative_names = "IP:127.0.0.1";
    return test_authority().issue(request, sim::KeyKind::ec_p256);
}

/// A server with TLS of its own, and those who talk to it.
class Tls : public testing::Test {
protected:
    explicit Tls(std::vector<std::string> more = {}) {
        use(identity);
        const auto file = [&](const char* name) { return (files / name).string(); };
        flags = {"-tls-cert", file("server.pem"), "-tls-key", file("server.key")};
        flags.insert(flags.end(), more.begin(), more.end());
        scene.emplace(flags);
    }
    void use(const sim::Identity& shown) const {
        files.write("server.pem", shown.certificate_pem());
        files.write("server.key", shown.key_pem());
    }
    std::string url() { return "https://127.0.0.1:" + std::to_string(scene->server().port()); }
    sim::Endpoint endpoint(Proof proof = Proof::client_certificate) {
        return {.url = url() + "/mdm", .proof = proof, .ca_pem = ca};
    }
    sim::Device device(const std::string& udid) {
        return {Channel::device(udid), test_identity(udid), endpoint()};
    }
    sim::HttpResponse call(const std::string& url, const std::string& method = "GET", std::string body = {}) {
        sim::HttpClient http{{.client = {}, .ca_pem = ca}};
        const auto basic = "Basic " + sim::base64(std::string{"nanomdm:"} + Scene::api_key);
        return http.send(
            {.method = method, .url = url, .headers = {{"Authorization", basic}}, .body = std::move(body)});
    }
    void enqueue(const std::string& id, const std::string& uuid) {
        const auto answer = call(url() + "/v1/enqueue/" + id + "?nopush=1", "PUT",
                                 sim::command_plist(uuid, "DeviceInformation"));
        ASSERT_EQ(answer.status, 200) << answer.body;
    }
    /// SIGHUP, and the line that tells what came of it.
    std::string reload() {
        scene->server().process().signal(SIGHUP);
        const auto line = scene->server().process().wait_for_error_line("what=\"TLS certificate\"", 10s);
        return line.value_or("no line");
    }

    TempDir files;
    sim::Identity identity = tls_identity();
    std::string ca = test_authority().identity().certificate_pem();
    std::vector<std::string> flags;
    std::optional<Scene> scene;
};

TEST_F(Tls, DevicesEnrollAndGetTheirCommandsByClientCertificate) {
    auto mac = device("U1");
    mac.enroll();
    enqueue("U1", "C1");
    EXPECT_EQ(mac.connect().size(), 1U);
    auto thief = sim::Device{Channel::device("U1"), test_identity("thief"), endpoint()};
    EXPECT_EQ(thief.report("Idle").status, 403);
}

TEST_F(Tls, AdministratorsNeedNoCertificate) {
    EXPECT_EQ(call(url() + "/version").status, 200);
    EXPECT_EQ(call(url() + "/v1/pushcert?all=1").status, 200);
}

TEST_F(Tls, AnUntrustedOrMissingCertificateIs400NotAnAlert) {
    const auto status = [&](const sim::Identity& device) {
        return sim::Device{Channel::device("U1"), device, endpoint()}.authenticate().status;
    };
    sim::CertificateRequest request;
    request.common_name = "U1";
    EXPECT_EQ(status(sim::self_signed(request, sim::KeyKind::ec_p256)), 400);
    EXPECT_EQ(status(sim::Authority::create("End-to-end test CA").issue(request, sim::KeyKind::ec_p256)),
              400);
    auto expired = request;
    expired.starts_in = -48h;
    expired.ends_in = -1h;
    EXPECT_EQ(status(test_authority().issue(expired, sim::KeyKind::ec_p256)), 400);
    auto server = request;
    server.usage = Usage::server;
    EXPECT_EQ(status(test_authority().issue(server, sim::KeyKind::ec_p256)), 400);
    auto early = request;
    early.starts_in = 2min;
    EXPECT_EQ(status(test_authority().issue(early, sim::KeyKind::ec_p256)), 200) << "within the skew";
    auto nobody = sim::Device{Channel::device("U1"), test_identity("U1"), endpoint(Proof::none)};
    EXPECT_EQ(nobody.authenticate().status, 400);
}

TEST_F(Tls, NeitherASignatureNorAHeaderTakesTheCertificatesPlace) {
    auto mac = device("U1");
    mac.enroll();
    for (const auto proof : {Proof::mdm_signature, Proof::rfc9440_header, Proof::pem_header})
        EXPECT_EQ((sim::Device{Channel::device("U1"), mac.identity(), endpoint(proof)}.report("Idle").status),
                  400);
}

TEST_F(Tls, ManyRequestsOnOneConnectionAndLargeReports) {
    auto mac = device("U1");
    mac.enroll();
    for (int i = 0; i < 50; ++i) ASSERT_EQ(mac.report("Idle").status, 200);
    enqueue("U1", "C1");
    const auto results = sim::Dict{}.string("Text", std::string(6'000'000, 'x'));
    EXPECT_EQ(mac.report("Acknowledged", "C1", results).status, 200);
    EXPECT_TRUE(mac.connect().empty());
}

TEST_F(Tls, ACaTakenBackCountsOnConnectionsThatAreOpen) {
    auto mac = device("U1");
    mac.enroll();
    scene->directory().write("ca.pem", sim::Authority::create("New CA").identity().certificate_pem());
    EXPECT_THAT(reload(), HasSubstr("level=info"));
    EXPECT_EQ(mac.report("Idle").status, 400);
}

TEST_F(Tls, ARenewedCertificateIsShownAfterSighupAndABadOneIsNot) {
    sim::CertificateRequest request;
    request.common_name = "server";
    request.usage = Usage::server;
    request.alternative_names = "IP:127.0.0.1";
    identity = sim::self_signed(request, sim::KeyKind::ec_p256);
    const auto renewed = sim::self_signed(request, sim::KeyKind::ec_p256);
    const auto shown = [&] { // by a new connection that trusts this very certificate only
        for (const auto& [name, pem] :
             {std::pair{"old", identity.certificate_pem()}, {"new", renewed.certificate_pem()}}) {
            try {
                sim::HttpClient http{{.client = {}, .ca_pem = pem}};
                (void)http.send({.url = url() + "/version"});
                return std::string{name};
            } catch (const sim::ConnectionError&) {
            }
        }
        return std::string{"neither"};
    };
    use(identity);
    scene->restart(flags);
    EXPECT_EQ(shown(), "old");

    files.write("server.pem", renewed.certificate_pem()); // and the old key
    EXPECT_THAT(reload(), HasSubstr("-tls-key: the private key does not belong"));
    EXPECT_EQ(shown(), "old");
    use(renewed);
    scene->server().process().signal(SIGHUP);
    EXPECT_TRUE(eventually([&] { return shown() == "new"; }));
}

TEST_F(Tls, PlainHttpToItIs400) {
    sim::HttpClient http;
    const auto answer = http.send({.url = scene->url() + "/version"});
    EXPECT_EQ(answer.status, 400);
}

TEST_F(Tls, TheAuthenticationProxyStreamsBothWaysAtOnce) {
    const WireServer repository{[](Wire& wire, const WireHead&) {
        std::vector<char> piece(256 * 1024);
        if (!wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")) return false;
        while (const auto size = wire.read_body(piece.data(), piece.size()))
            if (!wire.send_chunk({piece.data(), size})) return false;
        return wire.send("0\r\n\r\n");
    }};
    flags.insert(flags.end(), {"-auth-proxy-url", repository.url() + "/repo"});
    scene->restart(flags);
    auto mac = device("U1");
    mac.enroll();
    std::string body(40'000'000, '\0'); // more than -max-body
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7 % 251);
    sim::HttpClient http{{.client = mac.identity(), .ca_pem = ca}};
    const auto answer = http.send({.method = "PUT", .url = url() + "/authproxy/echo", .body = body});
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.body == body);
    sim::HttpClient stranger{{.client = {}, .ca_pem = ca}};
    EXPECT_EQ(stranger.send({.url = url() + "/authproxy/echo"}).status, 400);
}

class TlsSignature : public Tls {
protected:
    TlsSignature() : Tls{{"-tls-signature"}} {}
};

TEST_F(TlsSignature, DevicesAreKnownByMdmSignatureAlone) {
    sim::Device mac{Channel::device("U1"), test_identity("U1"), endpoint(Proof::mdm_signature)};
    mac.enroll();
    EXPECT_TRUE(mac.connect().empty());
    sim::Device by_certificate{Channel::device("U1"), mac.identity(), endpoint(Proof::client_certificate)};
    EXPECT_EQ(by_certificate.report("Idle").status, 400);
}

class TlsApiListener : public Tls {
protected:
    TlsApiListener() : Tls{{"-api-listen", "127.0.0.1:" + std::to_string(port_)}} {}
    static inline const std::uint16_t port_ = free_port();
};

TEST_F(TlsApiListener, SpeaksTlsToo) {
    const auto address = "127.0.0.1:" + std::to_string(port_);
    EXPECT_EQ(call("https://" + address + "/v1/pushcert?all=1").status, 200);
    EXPECT_EQ(call("http://" + address + "/v1/pushcert?all=1").status, 400);
    EXPECT_EQ(call(url() + "/v1/pushcert?all=1").status, 404);
}

TEST(TlsFlags, AFileThatCannotBeUsedIsNamed) {
    const TempDir files;
    const auto identity = tls_identity();
    const auto cert = files.write("cert.pem", identity.certificate_pem()).string();
    const auto key = files.write("key.pem", identity.key_pem()).string();
    const auto other = files.write("other.pem", tls_identity().key_pem()).string();
    const auto junk = files.write("junk.pem", "junk").string();
    const auto ca = files.write("ca.pem", test_authority().identity().certificate_pem()).string();
    const auto locked = (files / "locked.pem").string();
    ASSERT_EQ(run({"/usr/bin/env", "openssl", "pkey", "-in", key, "-aes256", "-passout", "pass:secret",
                   "-out", locked})
                  .status.code,
              0);
    const auto complaint = [&](const std::string& c, const std::string& k) {
        const auto finished = run({nanomdm_binary(), "-ca", ca, "-storage", "inmem", "-listen", "127.0.0.1:0",
                                   "-tls-cert", c, "-tls-key", k});
        EXPECT_EQ(finished.status.code, 2);
        return finished.error;
    };
    EXPECT_THAT(complaint(cert, locked), HasSubstr("-tls-key: the private key is encrypted"));
    EXPECT_THAT(complaint(cert, other), HasSubstr("-tls-key: the private key does not belong"));
    EXPECT_THAT(complaint(cert, junk), HasSubstr("-tls-key: no PEM private key"));
    EXPECT_THAT(complaint(junk, key), HasSubstr("-tls-cert: no PEM certificate"));
    EXPECT_THAT(complaint(cert, "/does/not/exist"), HasSubstr("-tls-key: cannot read"));
}

} // namespace
} // namespace nanomdm::test
