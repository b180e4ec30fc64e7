// TLS servers are verified, and get the client certificate they ask for.
#include "http/client/http_client.hpp"
#include "nanomdm/error.hpp"
#include "support/process/temp_dir.hpp"
#include "support/test_ca.hpp"
#include "support/upstream/upstream.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace nanomdm::http {
namespace {

using nanomdm::test::TempDir;
using nanomdm::test::TestCa;
using nanomdm::test::Upstream;
using nanomdm::test::UpstreamTls;

class HttpClientTls : public testing::Test {
protected:
    UpstreamTls tls(const TestCa& ca, std::vector<std::string> names = {"localhost"},
                    std::vector<std::string> addresses = {"127.0.0.1"}) {
        const auto identity = ca.issue({.common_name = "server",
                                        .dns_names = std::move(names),
                                        .ip_addresses = std::move(addresses),
                                        .extended_key_usage = "serverAuth"});
        return {.certificate_pem = identity.certificate_pem, .private_key_pem = identity.private_key_pem};
    }
    static bool reaches(HttpClient& client, const ClientRequest& request) {
        try {
            return client.send(request).status == 200;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::upstream_failed) << error.what();
            return false;
        }
    }
    static std::optional<ClientIdentity> identity(const TestCa& ca, const std::string& name) {
        const auto issued = ca.issue({.common_name = name});
        return ClientIdentity{issued.certificate_pem, issued.private_key_pem};
    }

    TestCa ca_ = TestCa::make_root();
    TempDir directory_;
    std::string ca_file_ =
        (directory_.write("ca.pem", ca_.certificate_pem()), (directory_ / "ca.pem").string());
};

TEST_F(HttpClientTls, AServerOfTheGivenCaIsTrusted) {
    Upstream upstream{{}, tls(ca_)};
    HttpClient client{{.ca_file = ca_file_}};
    EXPECT_TRUE(reaches(client, {.url = upstream.url()}));
    EXPECT_TRUE(reaches(client, {.url = "https://localhost:" + std::to_string(upstream.port())}));
    EXPECT_TRUE(reaches(client, {.url = upstream.url()}));
}

TEST_F(HttpClientTls, AServerOfAnotherCaIsNot) {
    Upstream upstream{{}, tls(TestCa::make_root("Other"))};
    HttpClient given{{.ca_file = ca_file_}};
    EXPECT_FALSE(reaches(given, {.url = upstream.url()}));
    HttpClient of_the_system;
    EXPECT_FALSE(reaches(of_the_system, {.url = upstream.url()}));
    EXPECT_EQ(upstream.count(), 0U);
}

TEST_F(HttpClientTls, TheRootsOfTheEnvironmentStandInForTheSystems) {
    Upstream upstream{{}, tls(ca_)};
    Upstream other{{}, tls(TestCa::make_root("Other"))};
    ::setenv("SSL_CERT_FILE", ca_file_.c_str(), 1);
    HttpClient client;
    ::unsetenv("SSL_CERT_FILE");
    EXPECT_TRUE(reaches(client, {.url = upstream.url()}));
    EXPECT_FALSE(reaches(client, {.url = other.url()}));
}

TEST_F(HttpClientTls, AServerUnderAnotherNameIsNot) {
    Upstream upstream{{}, tls(ca_, {"example.org"}, {"127.0.0.2"})};
    HttpClient client{{.ca_file = ca_file_}};
    EXPECT_FALSE(reaches(client, {.url = upstream.url()}));
    EXPECT_EQ(upstream.count(), 0U);
}

TEST_F(HttpClientTls, ShowsTheIdentityOfEachRequestAndNoOther) {
    auto demanding = tls(ca_);
    demanding.client_ca_pem = ca_.certificate_pem();
    Upstream upstream{{}, demanding};
    HttpClient client{{.ca_file = ca_file_}};
    EXPECT_TRUE(reaches(client, {.url = upstream.url(), .identity = identity(ca_, "first")}));
    EXPECT_TRUE(reaches(client, {.url = upstream.url(), .identity = identity(ca_, "second")}));
    EXPECT_FALSE(reaches(client, {.url = upstream.url()})) << "went out over another's connection";
    EXPECT_FALSE(
        reaches(client, {.url = upstream.url(), .identity = identity(TestCa::make_root("Other"), "third")}));
    const auto seen = upstream.requests();
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].client_common_name, "first");
    EXPECT_EQ(seen[1].client_common_name, "second");
}

TEST_F(HttpClientTls, AnIdentityThatIsNoneFailsWithoutShowingIt) {
    Upstream upstream{{}, tls(ca_)};
    HttpClient client{{.ca_file = ca_file_}};
    try {
        (void)client.send({.url = upstream.url(), .identity = ClientIdentity{"not PEM", "secret key"}});
        FAIL() << "sent";
    } catch (const Error& error) {
        EXPECT_EQ(std::string{error.what()}.find("secret key"), std::string::npos);
    }
}

} // namespace
} // namespace nanomdm::http
