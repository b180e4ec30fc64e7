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

} // namespace
} // namespace nanomdm::http
