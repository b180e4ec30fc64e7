// Who is let through, and what an unusable URL is told.
#include "http/auth_proxy/auth_proxy.hpp"

#include "nanomdm/error.hpp"
#include "storage/inmem/inmem_storage.hpp"
#include "support/stream_peer.hpp"
#include "support/upstream/upstream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::http {
namespace {

using nanomdm::test::Upstream;

/// Knows a certificate by its hash in a header.
class NamedIdentity final : public IdentitySource {
public:
    explicit NamedIdentity(bool needs_body) : needs_body_{needs_body} {}
    std::shared_ptr<const IdentityCertificate> identify(const HttpRequest& request) override {
        const auto name = request.headers.get("Cert");
        if (!name) return nullptr;
        if (*name == "invalid") throw Error{Errc::invalid, "does not verify"};
        auto certificate = std::make_shared<IdentityCertificate>();
        certificate->hash = std::string{*name};
        return certificate;
    }
    bool needs_body() const noexcept override { return needs_body_; }

private:
    bool needs_body_;
};

class AuthProxyTest : public testing::Test {
protected:
    AuthProxyTest() {
        storage_.claim_certificate(EnrollmentId{"MAC"}, std::string(64, 'a'), ClaimRule::unknown_certificate);
    }
    [[nodiscard]] AuthProxy proxy(bool needs_body = false) {
        identity_.emplace(needs_body);
        return {{.url = upstream_.url() + "/repo", .cert_header = "Cert"}, *identity_, storage_, client_};
    }
    /// The status of a refusal, or of the answer.
    unsigned ask(AuthProxy& proxy, HttpRequest request) {
        Router router;
        proxy.add_routes(router);
        const auto* route = router.match(request.method, request.path).route;
        test::Asker asker;
        try {
            if (const auto refused = route->stream(request, asker.stream())) return refused->status;
        } catch (const Error& error) {
            return error.code() == Errc::invalid ? 400 : 500;
        }
        asker.stream()->offer(request.body);
        asker.stream()->end_body();
        (void)asker.read_all();
        return asker.head ? asker.head->status : asker.failure;
    }
    static HttpRequest request(const std::string& path, const std::string& certificate) {
        HttpRequest made;
        made.method = "GET";
        made.path = path;
        if (!certificate.empty()) made.headers.add("Cert", certificate);
        return made;
    }

    Upstream upstream_;
    storage::InMemStorage storage_;
    std::optional<NamedIdentity> identity_;
    StreamClient client_;
};

TEST_F(AuthProxyTest, LetsDevicesThroughAndNobodyElse) {
    auto proxy = this->proxy();
    EXPECT_EQ(ask(proxy, request("/authproxy/x", std::string(64, 'a'))), 200U);
    EXPECT_EQ(ask(proxy, request("/authproxy/x", std::string(64, 'b'))), 400U) << "of no device";
    EXPECT_EQ(ask(proxy, request("/authproxy/x", "invalid")), 400U);
    EXPECT_EQ(ask(proxy, request("/authproxy/x", "")), 400U);
    EXPECT_EQ(ask(proxy, request("/authproxy/../x", std::string(64, 'a'))), 400U);
    ASSERT_EQ(upstream_.count(), 1U);
    EXPECT_EQ(upstream_.requests()[0].target, "/repo/x");
    EXPECT_EQ(upstream_.requests()[0].header("x-enrollment-id"), "MAC");
    EXPECT_FALSE(upstream_.requests()[0].header("cert"));
}

TEST_F(AuthProxyTest, StreamsBodiesWhereTheIdentityDoesNotNeedThem) {
    for (const bool needs_body : {false, true}) {
        auto proxy = this->proxy(needs_body);
        Router router;
        proxy.add_routes(router);
        EXPECT_EQ(router.match("PUT", "/authproxy/x").route->streams_body, !needs_body);
        EXPECT_EQ(router.match("PUT", "/authproxy").route, nullptr);
    }
}

TEST_F(AuthProxyTest, ABufferedBodyOfUnknownLengthGetsItsLength) {
    auto proxy = this->proxy(true);
    auto chunked = request("/authproxy/x", std::string(64, 'a'));
    chunked.method = "POST";
    chunked.headers.add("Transfer-Encoding", "chunked");
    chunked.body = "body";
    EXPECT_EQ(ask(proxy, chunked), 200U);
    EXPECT_EQ(upstream_.requests()[0].header("content-length"), "4");
    EXPECT_EQ(upstream_.requests()[0].body, "body");
}

TEST_F(AuthProxyTest, WantsAUrlWithoutQueryOrFragment) {
    AuthProxy::check_url("https://user:password@h:8080/a/b");
    for (const char* url :
         {"", "/path", "h/path", "ftp://h/", "http:///x", "http://h/?a=1", "http://h/#a", "http://h/a b"})
        EXPECT_THROW(AuthProxy::check_url(url), Error) << url;
}

} // namespace
} // namespace nanomdm::http
