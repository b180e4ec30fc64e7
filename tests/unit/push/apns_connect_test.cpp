// The way to APNs: TLS both ways, proxies, time-outs, and the words an administrator gets.
#include "unit/push/apns_fixture.hpp"

#include "support/fake_apns/connect_proxy.hpp"

namespace nanomdm::push {
namespace {

using fake_apns::ConnectProxy;
using fake_apns::Reception;

class ApnsConnectTest : public ApnsTest {
protected:
    /// The error of one push that cannot succeed.
    std::string error_of_push(std::chrono::milliseconds limit = 20s) {
        ApnsClient client{certificates, options};
        const auto responses = push(client, 1, limit);
        EXPECT_EQ(responses.at(0).status, 0);
        return responses.at(0).error;
    }
};

TEST_F(ApnsConnectTest, AServerWhoseCaOnlyBearsATrustedNameIsRefused) {
    const fake_apns::FakeApns stranger; // another CA of the same name
    options.url = stranger.url();
    EXPECT_EQ(error_of_push(),
              "the certificate of localhost was not accepted: certificate signature failure");
    EXPECT_EQ(stranger.seen().sessions, 0U);
}

TEST_F(ApnsConnectTest, TheSystemsRootsAreTheDefault) {
    options.ca_file.clear();
    EXPECT_EQ(error_of_push(),
              "the certificate of localhost was not accepted: unable to get local issuer certificate");
}

TEST_F(ApnsConnectTest, AServerUnderAnotherNameIsRefused) {
    options.url = "https://127.0.0.2:" + std::to_string(apns.port());
    fake_apns::Options elsewhere;
    elsewhere.listen = "127.0.0.2:0";
    const fake_apns::FakeApns server{elsewhere};
    std::ofstream{ca_file()} << server.ca_pem();
    options.url = server.url("127.0.0.2");
    EXPECT_EQ(error_of_push(), "the certificate of 127.0.0.2 was not accepted: IP address mismatch");
}

TEST_F(ApnsConnectTest, AnAddressInTheCertificateIsEnough) {
    options.url = apns.url("127.0.0.1");
    ApnsClient client{certificates, options};
    EXPECT_TRUE(all_delivered(push(client, 1), 1));
}

TEST_F(ApnsConnectTest, AnExpiredPushCertificateIsSaidSoAtOnce) {
    apns.set_reception(Reception::certificate_expired);
    EXPECT_EQ(error_of_push(), "localhost refused the push certificate (TLS alert: certificate expired)");
}

TEST_F(ApnsConnectTest, ARevokedPushCertificateIsSaidSoAtOnce) {
    apns.set_reception(Reception::certificate_revoked);
    EXPECT_EQ(error_of_push(), "localhost refused the push certificate (TLS alert: certificate revoked)");
}

TEST_F(ApnsConnectTest, ARefusalIsRepeatedWithoutConnectingUntilThePauseIsOver) {
    options.reconnect_first = 60s;
    options.reconnect_longest = 60s;
    apns.set_reception(Reception::certificate_revoked);
    ApnsClient client{certificates, options};
    const auto first = push(client, 10)[9].error;
    EXPECT_EQ(push(client, 10)[0].error, first);
    EXPECT_EQ(apns.seen().connections, 1U);
    // A new certificate does not wait.
    apns.set_reception(Reception::normal);
    renew_certificate();
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (push(client, 1)[0].status != 200) ASSERT_LT(std::chrono::steady_clock::now(), limit);
}

TEST_F(ApnsConnectTest, Tls12IsEnough) {
    apns.set_reception(Reception::tls12);
    ApnsClient client{certificates, options};
    EXPECT_TRUE(all_delivered(push(client, 10), 10));
}

TEST_F(ApnsConnectTest, TlsBelow12IsRefused) {
    apns.set_reception(Reception::old_tls);
    const auto error = error_of_push(2s);
    EXPECT_NE(error.find("TLS with localhost"), std::string::npos) << error;
    EXPECT_EQ(apns.seen().sessions, 0U);
}

TEST_F(ApnsConnectTest, AServerWithoutHttp2IsRefused) {
    apns.set_reception(Reception::no_http2);
    EXPECT_EQ(error_of_push(), "localhost does not speak HTTP/2");
}

TEST_F(ApnsConnectTest, AServerThatNeverSpeaksTimesOut) {
    apns.set_reception(Reception::mute);
    options.connect_timeout = 100ms;
    const auto error = error_of_push(2s);
    EXPECT_EQ(error, "time-out: no answer from APNs; last: time-out while setting up TLS with localhost:" +
                         std::to_string(apns.port()));
}

TEST_F(ApnsConnectTest, NobodyListeningIsSaidSo) {
    std::uint16_t closed_port = 0;
    {
        const fake_apns::FakeApns gone;
        closed_port = gone.port();
    }
    options.url = "https://127.0.0.1:" + std::to_string(closed_port);
    EXPECT_EQ(error_of_push(2s), "time-out: no answer from APNs; last: no connection to 127.0.0.1:" +
                                     std::to_string(closed_port) + ": Connection refused");
}

TEST_F(ApnsConnectTest, ANameThatDoesNotExistIsSaidSo) {
    options.url = "https://apns.invalid";
    const auto error = error_of_push(3s);
    EXPECT_NE(error.find("the address of apns.invalid was not found (DNS): "), std::string::npos) << error;
}

TEST_F(ApnsConnectTest, ATunnelThroughTheProxyIsUsed) {
    const ConnectProxy proxy;
    options.proxy.https_proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
    ApnsClient client{certificates, options};
    EXPECT_TRUE(all_delivered(push(client, 100), 100));
    EXPECT_EQ(proxy.targets(), std::vector{"localhost:" + std::to_string(apns.port())});
}

TEST_F(ApnsConnectTest, TheProxyGetsTheCredentialsOfItsUrl) {
    const ConnectProxy proxy{{.credentials = "user:p@ss"}};
    options.proxy.https_proxy = "http://user:p%40ss@127.0.0.1:" + std::to_string(proxy.port());
    ApnsClient client{certificates, options};
    EXPECT_TRUE(all_delivered(push(client, 1), 1));
}

TEST_F(ApnsConnectTest, AProxyThatWantsCredentialsIsSaidSoAtOnce) {
    const ConnectProxy proxy{{.credentials = "user:right"}};
    const auto address = "127.0.0.1:" + std::to_string(proxy.port());
    options.proxy.https_proxy = "http://user:wrong@" + address;
    EXPECT_EQ(error_of_push(),
              "the proxy " + address + " wants other credentials (407 Proxy Authentication Required)");
    EXPECT_EQ(proxy.targets().size(), 1U);
}

TEST_F(ApnsConnectTest, AProxyThatOpensNoTunnelIsSaidSo) {
    const ConnectProxy proxy{{.answer = "503 Out of order"}};
    const auto address = "127.0.0.1:" + std::to_string(proxy.port());
    options.proxy.https_proxy = "http://" + address;
    EXPECT_EQ(error_of_push(2s), "time-out: no answer from APNs; last: the proxy " + address +
                                     " opened no tunnel: HTTP/1.1 503 Out of order");
}

TEST_F(ApnsConnectTest, NoProxyMeansTheDirectWay) {
    const ConnectProxy proxy;
    options.proxy.https_proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
    options.proxy.no_proxy = "example.com, localhost";
    ApnsClient client{certificates, options};
    EXPECT_TRUE(all_delivered(push(client, 1), 1));
    EXPECT_TRUE(proxy.targets().empty());
}

} // namespace
} // namespace nanomdm::push
