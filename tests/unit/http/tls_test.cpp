// Built-in TLS: who gets in, what the handler learns of them, and what bad clients cannot do.
#include "raw_client.hpp"
#include "test_server.hpp"

#include "nanomdm/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

namespace nanomdm::http::test {
namespace {

using namespace std::chrono_literals;
using nanomdm::test::CertificateRequest;
using nanomdm::test::ClientTlsOptions;
using nanomdm::test::Identity;
using nanomdm::test::TestCa;
using testing::HasSubstr;
using Clients = TlsContext::ClientCertificates;

constexpr int tls11 = 0x0302;
constexpr int tls12 = 0x0303;
constexpr int tls13 = 0x0304;

const TestCa& ca() {
    static const TestCa made = TestCa::make_root();
    return made;
}

Identity server_identity() { return ca().issue({.extended_key_usage = "serverAuth"}); }

struct Fixture {
    explicit Fixture(TestServerOptions options = {}, Clients clients = Clients::requested)
        : context{identity.certificate_pem, identity.private_key_pem, clients}, server{with_tls(
                                                                                    std::move(options))} {}
    TestServerOptions with_tls(TestServerOptions options) const {
        options.tls = &context;
        return options;
    }
    std::string plain_address() const { return server.address().substr(4); }

    Identity identity = server_identity();
    TlsContext context;
    TestServer server;
};

std::string certificate_seen(RawClient& client) {
    client.send(get("/certificate"));
    return client.response().body;
}

TEST(Tls, SpeaksVersions12And13AndNothingOlder) {
    const Fixture fixture;
    for (const int version : {tls12, tls13}) {
        RawClient client{fixture.server.address(), {.lowest = version, .highest = version}};
        EXPECT_EQ(client.tls().version(), version == tls12 ? "TLSv1.2" : "TLSv1.3");
        client.send(put("/echo", "body"));
        EXPECT_EQ(client.response().body, "body");
    }
    EXPECT_THROW((RawClient{fixture.server.address(), {.lowest = tls11, .highest = tls11}}),
                 std::runtime_error);
}

TEST(Tls, HandsTheClientsCertificateToEveryRequestOfTheConnection) {
    const Fixture fixture;
    const auto stranger = TestCa::make_root("Nobody trusts it").issue(); // that is judged later
    for (const int version : {tls12, tls13}) {
        for (const auto& identity : {ca().issue(), stranger}) {
            RawClient client{fixture.server.address(), {.identity = identity, .highest = version}};
            EXPECT_EQ(certificate_seen(client), identity.certificate_der());
            EXPECT_EQ(certificate_seen(client), identity.certificate_der());
        }
    }
}

TEST(Tls, WorksWithoutAClientCertificate) {
    const Fixture fixture;
    RawClient client{fixture.server.address()};
    EXPECT_TRUE(client.tls().was_asked_for_certificate());
    EXPECT_EQ(certificate_seen(client), "none");
}

TEST(Tls, DoesNotAskWhereCertificatesAreIgnored) {
    const Fixture fixture{{}, Clients::ignored};
    RawClient client{fixture.server.address(), {.identity = ca().issue()}};
    EXPECT_FALSE(client.tls().was_asked_for_certificate());
    EXPECT_EQ(certificate_seen(client), "none");
}

TEST(Tls, AHeaderCannotTakeTheCertificatesPlace) {
    const Fixture fixture;
    RawClient client{fixture.server.address()};
    client.send(get("/certificate", "Client-Cert: :AAAA:\r\nX-Client-Certificate: x\r\n"));
    EXPECT_EQ(client.response().body, "none");
}

class Resumption : public testing::TestWithParam<int> {};

TEST_P(Resumption, KeepsWhoTheClientIs) {
    const Fixture fixture;
    const auto alice = ca().issue({.common_name = "alice"});
    const auto bob = ca().issue({.common_name = "bob"});
    ClientTlsOptions options{.identity = alice, .highest = GetParam()};
    RawClient first{fixture.server.address(), options};
    EXPECT_FALSE(first.tls().resumed());
    EXPECT_EQ(certificate_seen(first), alice.certificate_der());

    options.resume = first.tls().session();
    options.identity = bob; // not asked for in a resumed session: it stays who it was
    RawClient again{fixture.server.address(), options};
    EXPECT_TRUE(again.tls().resumed());
    EXPECT_EQ(certificate_seen(again), alice.certificate_der());
}

TEST_P(Resumption, OfASessionWithoutCertificateHasNone) {
    const Fixture fixture;
    ClientTlsOptions options{.highest = GetParam()};
    RawClient first{fixture.server.address(), options};
    EXPECT_EQ(certificate_seen(first), "none");
    options.resume = first.tls().session();
    options.identity = ca().issue();
    RawClient again{fixture.server.address(), options};
    EXPECT_TRUE(again.tls().resumed());
    EXPECT_EQ(certificate_seen(again), "none");
}

TEST_P(Resumption, EndsWithAReload) {
    Fixture fixture;
    ClientTlsOptions options{.identity = ca().issue(), .highest = GetParam()};
    RawClient first{fixture.server.address(), options};
    (void)certificate_seen(first);
    fixture.context.reload(fixture.identity.certificate_pem, fixture.identity.private_key_pem);
    options.resume = first.tls().session();
    RawClient again{fixture.server.address(), options};
    EXPECT_FALSE(again.tls().resumed());
    EXPECT_EQ(certificate_seen(again), options.identity->certificate_der());
}

INSTANTIATE_TEST_SUITE_P(Tls, Resumption, testing::Values(tls12, tls13), [](const auto& instance) {
    return instance.param == tls12 ? "Version12" : "Version13";
});

TEST(Tls, ChoosesHttp11AndTurnsAwayWhoSpeaksOnlySomethingElse) {
    const Fixture fixture;
    RawClient client{fixture.server.address(), {.protocols = {"h2", "http/1.1"}}};
    EXPECT_EQ(client.tls().protocol(), "http/1.1");
    RawClient silent{fixture.server.address()};
    EXPECT_EQ(silent.tls().protocol(), "");
    EXPECT_THROW((RawClient{fixture.server.address(), {.protocols = {"h2"}}}), std::runtime_error);
}

TEST(Tls, DoesNotRenegotiate) {
    const Fixture fixture;
    RawClient client{fixture.server.address(), {.highest = tls12}};
    EXPECT_EQ(certificate_seen(client), "none");
    EXPECT_FALSE(client.tls().renegotiate());
}

TEST(Tls, SendsTheIssuersAlong) {
    const auto issuing = ca().issue_ca("Issuing CA");
    const auto identity = issuing.issue({.extended_key_usage = "serverAuth"});
    const TlsContext context{identity.certificate_pem + issuing.certificate_pem(), identity.private_key_pem,
                             Clients::ignored};
    const TestServer server{{.tls = &context}};
    RawClient client{server.address()};
    EXPECT_EQ(client.tls().chain_length(), 2U);
    EXPECT_EQ(client.tls().server_certificate_pem(), identity.certificate_pem);
}

TEST(Tls, AReloadCountsForNewConnectionsAndABadOneChangesNothing) {
    Fixture fixture;
    RawClient before{fixture.server.address()};
    EXPECT_EQ(before.tls().server_certificate_pem(), fixture.identity.certificate_pem);
    const auto renewed = server_identity();
    fixture.context.reload(renewed.certificate_pem, renewed.private_key_pem);
    RawClient after{fixture.server.address()};
    EXPECT_EQ(after.tls().server_certificate_pem(), renewed.certificate_pem);
    EXPECT_EQ(certificate_seen(before), "none") << "the old connection goes on";

    EXPECT_THROW(fixture.context.reload(fixture.identity.certificate_pem, renewed.private_key_pem), Error);
    EXPECT_THROW(fixture.context.reload("", ""), Error);
    RawClient still{fixture.server.address()};
    EXPECT_EQ(still.tls().server_certificate_pem(), renewed.certificate_pem);
}

std::string refusal(const std::string& certificate, const std::string& key) try {
    const TlsContext context{certificate, key, Clients::requested};
    return "taken";
} catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::invalid);
    return error.what();
}

TEST(Tls, SaysWhatIsWrongWithItsFiles) {
    const auto identity = server_identity();
    const auto& certificate = identity.certificate_pem;
    const auto& key = identity.private_key_pem;
    EXPECT_EQ(refusal(key + certificate, certificate + key), "taken") << "one file with both";
    EXPECT_THAT(refusal("", key), HasSubstr("no PEM certificate"));
    EXPECT_THAT(refusal(certificate, ""), HasSubstr("no PEM private key"));
    EXPECT_THAT(refusal(certificate, server_identity().private_key_pem), HasSubstr("does not belong"));
    EXPECT_THAT(refusal("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", key),
                HasSubstr("cannot be parsed"));
    EXPECT_THAT(refusal(certificate, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
                HasSubstr("cannot be parsed"));
    EXPECT_THAT(refusal(certificate,
                        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"),
                HasSubstr("encrypted"));
    EXPECT_THAT(refusal(certificate, "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                                     "DEK-Info: AES-256-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n"),
                HasSubstr("encrypted"));
}

TEST(Tls, TellsWhoSpeaksPlainHttpToIt) {
    Fixture fixture;
    for (const auto& request : {get("/version"), put("/echo", std::string(200'000, 'x'))}) {
        RawClient client{fixture.plain_address()};
        client.try_send(request);
        const auto response = client.response();
        EXPECT_EQ(response.status, 400U);
        EXPECT_EQ(response.headers.at("connection"), "close");
        client.finish_sending();
        EXPECT_TRUE(client.closed());
    }
    EXPECT_EQ(fixture.server.echoes(), 0U);
}

TEST(Tls, NonsenseInPlaceOfAHandshakeEndsTheConnectionAndNoOther) {
    Fixture fixture;
    RawClient good{fixture.server.address()};
    for (const auto& nonsense :
         {std::string(5000, '\0'), std::string("\x16\x03\x01\xff\xff") + std::string(70'000, 'x')}) {
        RawClient client{fixture.plain_address()};
        client.try_send(nonsense);
        client.finish_sending();
        (void)client.read_all(); // an alert, perhaps; then the end
    }
    EXPECT_EQ(certificate_seen(good), "none");
}

TEST(Tls, AClientThatIsSlowInTheHandshakeIsClosed) {
    ServerOptions options;
    options.limits.header_time = 100ms;
    Fixture fixture{{.server = options}};
    RawClient silent{fixture.plain_address()};
    EXPECT_TRUE(silent.closed());
    RawClient dripping{fixture.plain_address()};
    dripping.send("\x16\x03\x01\x02"); // the beginning of a ClientHello
    EXPECT_TRUE(dripping.closed());
    EXPECT_TRUE(eventually([&] { return fixture.server.server().open_connections() == 0; }));
}

TEST(Tls, AHandshakeThatTheClientAbandonsLeavesNothing) {
    Fixture fixture;
    {
        RawClient client{fixture.plain_address()};
        client.send("\x16\x03\x01\x02");
        RawClient rude{fixture.plain_address()};
        rude.reset_on_close();
        rude.send("\x16\x03\x01\x02");
    }
    EXPECT_TRUE(eventually([&] { return fixture.server.server().open_connections() == 0; }));
}

TEST(Tls, ConnectionsThatHaveSaidNothingMakeRoom) {
    ServerOptions options;
    options.limits.connections = 2;
    Fixture fixture{{.server = options}};
    RawClient first{fixture.plain_address()};
    RawClient second{fixture.plain_address()};
    ASSERT_TRUE(eventually([&] { return fixture.server.server().open_connections() == 2; }));
    RawClient third{fixture.server.address()};
    EXPECT_EQ(certificate_seen(third), "none");
    EXPECT_TRUE(first.closed());
}

TEST(Tls, DrainSaysGoodbyeAndWaitsForNoHandshake) {
    Fixture fixture;
    RawClient idle{fixture.server.address()};
    EXPECT_EQ(certificate_seen(idle), "none");
    RawClient silent{fixture.plain_address()};
    ASSERT_TRUE(eventually([&] { return fixture.server.server().open_connections() == 2; }));
    EXPECT_TRUE(fixture.server.server().drain(20s));
    EXPECT_TRUE(idle.closed());
    EXPECT_TRUE(idle.tls().ended_by_goodbye());
    EXPECT_TRUE(silent.closed());
}

TEST(Tls, AnAnswerThatIsCutOffDoesNotEndInAGoodbye) {
    Fixture fixture;
    RawClient client{fixture.server.address()};
    client.send(put("/slow", "late"));
    ASSERT_TRUE(fixture.server.gate().await_waiting(1));
    EXPECT_FALSE(fixture.server.server().drain(50ms));
    EXPECT_TRUE(client.closed());
    EXPECT_FALSE(client.tls().ended_by_goodbye());
    fixture.server.gate().open();
}

TEST(Tls, ClosingAfterAnAnswerIsAGoodbye) {
    const Fixture fixture;
    RawClient client{fixture.server.address()};
    client.send(put("/echo", "last", "Connection: close\r\n"));
    EXPECT_EQ(client.response().body, "last");
    EXPECT_TRUE(client.closed());
    EXPECT_TRUE(client.tls().ended_by_goodbye());
}

TEST(Tls, CarriesLargeBodiesBothWaysForSeveralConnectionsAtOnce) {
    const Fixture fixture;
    std::string body(8 * 1024 * 1024, '\0');
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7 % 251);
    std::vector<std::future<bool>> clients;
    for (int i = 0; i < 4; ++i)
        clients.push_back(std::async(std::launch::async, [&] {
            RawClient client{fixture.server.address()};
            for (int n = 0; n < 2; ++n) {
                client.send(put("/echo", body));
                if (client.response().body != body) return false;
            }
            return true;
        }));
    for (auto& client : clients) EXPECT_TRUE(client.get());
}

} // namespace
} // namespace nanomdm::http::test
