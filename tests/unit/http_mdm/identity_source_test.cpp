// Which headers a device's certificate is taken from, and which are not believed.
#include "crypto/identity_verifier.hpp"
#include "http/mdm/identity_source.hpp"
#include "nanomdm/error.hpp"
#include "support/test_ca.hpp"

#include <gtest/gtest.h>

namespace nanomdm::http {
namespace {

using test::Identity;
using test::TestCa;

class IdentitySourceTest : public testing::Test {
protected:
    static std::string escaped(const std::string& pem) {
        std::string out;
        for (const char c : pem) {
            constexpr char digits[] = "0123456789ABCDEF";
            const auto byte = static_cast<unsigned char>(c);
            (out += '%') += digits[byte >> 4];
            out += digits[byte & 15];
        }
        return out;
    }
    TestCa ca = TestCa::make_root();
    std::string ours = escaped(ca.issue().certificate_pem);
    IdentityVerifier verifier{{.ca_pem = ca.certificate_pem(), .intermediate_pem = {}}};
    HeaderIdentity source{verifier, "X-Client-Cert"};
    HttpRequest request;
};

TEST_F(IdentitySourceTest, TheHeaderIsFoundWhateverTheCaseOfItsName) {
    request.headers.add("x-client-CERT", ours);
    EXPECT_TRUE(source.identify(request));
}

TEST_F(IdentitySourceTest, NoHeaderOrAnEmptyOneIsNoCertificate) {
    EXPECT_FALSE(source.identify(request));
    request.headers.add("X-Client-Cert", "");
    EXPECT_FALSE(source.identify(request));
}

TEST_F(IdentitySourceTest, ACertificateHeaderSentTwiceIsRefusedEvenWhenBothVerify) {
    request.headers.add("X-Client-Cert", ours);
    request.headers.add("X-CLIENT-CERT", ours);
    try {
        (void)source.identify(request);
        FAIL() << "believed";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::invalid);
    }
}

TEST_F(IdentitySourceTest, AnEmptyHeaderBesideTheProxysIsRefusedToo) {
    request.headers.add("X-Client-Cert", "");
    request.headers.add("X-Client-Cert", ours);
    EXPECT_THROW((void)source.identify(request), Error);
}

TEST_F(IdentitySourceTest, ASignatureHeaderSentTwiceIsRefusedAsSuch) {
    SignatureIdentity signature{verifier};
    request.headers.add("Mdm-Signature", "");
    EXPECT_FALSE(signature.identify(request));
    request.headers.add("mdm-signature", "");
    EXPECT_THROW((void)signature.identify(request), Error); // one empty field is none at all
}

TEST_F(IdentitySourceTest, OverTlsTheClientsCertificateAloneCounts) {
    TlsIdentity over_tls{verifier};
    request.headers.add("X-Client-Cert", ours);
    request.headers.add("Mdm-Signature", "AAAA");
    EXPECT_FALSE(over_tls.identify(request)) << "headers are the client's to choose";
    const auto device = ca.issue();
    request.client_certificate = std::make_shared<const std::string>(device.certificate_der());
    const auto identity = over_tls.identify(request);
    ASSERT_TRUE(identity);
    EXPECT_EQ(identity->der, device.certificate_der());
}

TEST_F(IdentitySourceTest, OverTlsAnyCertificateConnectsAndAnUntrustedOneIsRefusedHere) {
    TlsIdentity over_tls{verifier};
    const auto now = std::chrono::system_clock::now();
    const auto stranger = TestCa::make_root().issue();
    const auto expired =
        ca.issue({.not_before = now - std::chrono::hours{2}, .not_after = now - std::chrono::hours{1}});
    const auto server = ca.issue({.extended_key_usage = "serverAuth"});
    for (const auto& identity : {stranger, expired, server}) {
        request.client_certificate = std::make_shared<const std::string>(identity.certificate_der());
        EXPECT_THROW((void)over_tls.identify(request), Error);
    }
}

} // namespace
} // namespace nanomdm::http
