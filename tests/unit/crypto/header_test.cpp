// The header of a TLS proxy, in both forms.
#include "unit/crypto/pki.hpp"

#include <cctype>

namespace nanomdm::test {
namespace {

/// As nginx escapes: everything but unreserved characters.
std::string escaped(const std::string& text, bool upper_case = true, bool plus_for_space = false) {
    const char* const digits = upper_case ? "0123456789ABCDEF" : "0123456789abcdef";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~') {
            out += c;
        } else if (c == ' ' && plus_for_space) {
            out += '+';
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

class CertificateHeader : public testing::Test {
protected:
    std::shared_ptr<const IdentityCertificate> verify(const std::string& value) {
        return verifier.verify_header(value);
    }
    /// A certificate whose base64 has a plus sign, which escaping must not turn into a space.
    static const Identity& with_plus() {
        static const Identity found = [] {
            for (;;) {
                auto identity = pki().root.issue({.private_key_pem = pki().ec_key});
                if (identity.certificate_pem.find('+') != std::string::npos) return identity;
            }
        }();
        return found;
    }

    IdentityVerifier verifier{trust_in(pki().root.certificate_pem())};
    const std::string pem = with_plus().certificate_pem;
    const std::string der = with_plus().certificate_der();
};

TEST_F(CertificateHeader, Rfc9440IsRead) {
    EXPECT_EQ(verify(':' + base64_encode(der) + ':')->der, der);
    EXPECT_EQ(verify(" :" + base64_encode(der) + ":\t")->der, der);
}

TEST_F(CertificateHeader, EscapedPemIsRead) {
    EXPECT_EQ(verify(escaped(pem))->der, der);
    EXPECT_EQ(verify(escaped(pem, false))->der, der);
    EXPECT_EQ(verify(escaped(pem, true, true))->der, der);
    EXPECT_EQ(verify(escaped(pem.substr(0, pem.size() - 1)))->der, der) << "without the last newline";
    EXPECT_EQ(verify(escaped(pem))->hash.size(), 64U);
}

TEST_F(CertificateHeader, BothFormsGiveTheSameRememberedCertificate) {
    EXPECT_EQ(verify(escaped(pem)), verify(':' + base64_encode(der) + ':'));
    EXPECT_EQ(verify(escaped(pem)), verifier.verify_der(der));
}

TEST_F(CertificateHeader, PlusIsASpaceAsInAnyQuery) {
    auto value = escaped(pem);
    value.replace(value.find("%2B"), 3, "+");
    EXPECT_EQ(verify(value), nullptr);
}

TEST_F(CertificateHeader, FirstCertificateCounts) {
    EXPECT_EQ(verify(escaped(pem + pki().root.certificate_pem()))->der, der);
}

TEST_F(CertificateHeader, UndecodableValuesAreNoCertificate) {
    for (const auto& value : {std::string{},
                              std::string{" "},
                              std::string{"(null)"},
                              std::string{":"},
                              std::string{"::"},
                              std::string{":%%%%:"},
                              std::string{":Zm9v:"},
                              ':' + base64_encode(der),
                              base64_encode(der) + ':',
                              ':' + base64_encode(der) + ": ;a=1",
                              ':' + base64_encode(der + "x") + ':',
                              escaped(pem) + "%",
                              escaped(pem) + "%2",
                              escaped(pem) + "%zz",
                              escaped(pem.substr(0, pem.size() / 2)),
                              escaped(pki().root.private_key_pem()),
                              std::string(10'000, '%'),
                              std::string(10'000, ':'),
                              escaped("-----BEGIN CERTIFICATE-----\n"),
                              escaped("-----BEGIN CERTIFICATE----------END CERTIFICATE-----")})
        EXPECT_EQ(verify(value), nullptr) << value;
}

TEST_F(CertificateHeader, EveryTruncationIsNoCertificate) {
    const auto rfc = ':' + base64_encode(der) + ':';
    for (std::size_t size = 0; size < rfc.size(); ++size) EXPECT_EQ(verify(rfc.substr(0, size)), nullptr);
    const auto nginx = escaped(pem);
    for (std::size_t size = 0; size < nginx.size() - 3; ++size)
        EXPECT_EQ(verify(nginx.substr(0, size)), nullptr);
}

TEST_F(CertificateHeader, UntrustedCertificateIsRefused) {
    const auto stranger = TestCa::make_root().issue();
    refusal([&] { return verify(escaped(stranger.certificate_pem)); });
    refusal([&] { return verify(':' + base64_encode(stranger.certificate_der()) + ':'); });
}

} // namespace
} // namespace nanomdm::test
