// Mdm-Signature, as IdentityVerifier sees it.
#include "crypto/digest.hpp"
#include "support/signed_data_parts.hpp"
#include "unit/crypto/pki.hpp"

#include <algorithm>
#include <array>

namespace nanomdm::test {
namespace {

const std::string body =
    "<?xml version=\"1.0\"?><plist><dict><key>Status</key><string>Idle</string></dict></plist>";

class Signature : public testing::Test {
protected:
    std::shared_ptr<const IdentityCertificate> verify(std::string_view cms, std::string_view over = body) {
        return verifier.verify_signature(base64_encode(cms), over);
    }
    /// Both the first sight of a certificate and the next ones must refuse.
    std::string refused(const std::string& cms, std::string_view over = body) {
        const auto first = refusal([&] { return verify(cms, over); });
        verify(sign_cms(pki().rsa.certificate_pem, pki().rsa.private_key_pem, body));
        verify(sign_cms(pki().ec.certificate_pem, pki().ec.private_key_pem, body));
        refusal([&] { return verify(cms, over); });
        return first;
    }
    static std::string sign(const Identity& by, const CmsShape& shape = {}) {
        return sign_cms(by.certificate_pem, by.private_key_pem, body, shape);
    }
    static SignedDataParts parts_of(const Identity& by, const CmsShape& shape = {}) {
        return SignedDataParts::of(sign(by, shape));
    }

    IdentityVerifier verifier{trust_in(pki().root.certificate_pem())};
};

class SignatureShape : public Signature, public testing::WithParamInterface<const char*> {};

TEST_P(SignatureShape, VerifiesAtFirstSightAndAgainWithEveryKeyAndAlgorithm) {
    for (const auto& identity : {pki().rsa, pki().ec}) {
        for (int bits = 0; bits < 16; ++bits) {
            CmsShape shape;
            shape.digest = GetParam();
            shape.with_attributes = (bits & 1) != 0;
            shape.names_combined_algorithm = (bits & 2) != 0;
            shape.absent_parameters = (bits & 4) != 0;
            shape.by_key_identifier = (bits & 8) != 0;
            SCOPED_TRACE(bits);
            const auto cms = sign(identity, shape);

            const auto first = verify(cms);
            EXPECT_EQ(first->der, identity.certificate_der());
            EXPECT_EQ(first->hash, sha256_hex(first->der));
            EXPECT_EQ(verify(cms), first) << "the same object, so it was remembered";
            EXPECT_EQ(verify(SignedDataParts::of(cms).assemble(true)), first) << "BER, as Apple encodes";
            refusal([&] { return verify(cms, body + " "); });
            refusal([&] { return verify(cms, ""); });
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Digests, SignatureShape,
                         testing::Values("SHA1", "SHA224", "SHA256", "SHA384", "SHA512"));

TEST_F(Signature, GivesTheCertificateAsStoredAndHashed) {
    const auto identity = verify(sign(pki().rsa));
    EXPECT_EQ(identity->pem, pki().rsa.certificate_pem);
    EXPECT_EQ(identity->hash.size(), 64U);
    EXPECT_LT(identity->not_before, std::chrono::system_clock::now());
    EXPECT_GT(identity->not_after, std::chrono::system_clock::now());
}

TEST_F(Signature, CoversAnEmptyAndALargeBody) {
    for (const auto& text : {std::string{}, std::string(1 << 20, '\0')}) {
        const auto cms = sign_cms(pki().ec.certificate_pem, pki().ec.private_key_pem, text);
        EXPECT_NE(verify(cms, text), nullptr);
        refused(cms, text + '\0');
    }
}

TEST_F(Signature, FoldedHeaderIsTaken) {
    auto header = base64_encode(sign(pki().rsa));
    for (std::size_t at = 64; at < header.size(); at += 67) header.insert(at, "\r\n ");
    EXPECT_NE(verifier.verify_signature(header, body), nullptr);
}

TEST_F(Signature, HeaderThatIsNotBase64IsRefused) {
    for (const auto* header : {"", " ", "%%%%", "Zm9", "Zm9v-_==", "Zm9v====", "\xff\xff\xff\xff"})
        EXPECT_EQ(refusal([&] { return verifier.verify_signature(header, body); }), "signature: not base64");
}

TEST_F(Signature, GarbageIsRefused) {
    refused("foo");
    refused(std::string(1, '\0'));
    refused(std::string(10'000, '0'));
    refused(std::string(10'000, '\x30'));
    refused(std::string(10'000, '\xA0') + std::string(10'000, '\x80'));
    refused(std::string("\x30\x84\xff\xff\xff\xff", 6));
    refused(pki().rsa.certificate_der());
}

TEST_F(Signature, EveryTruncationIsRefused) {
    const auto cms = sign(pki().ec);
    for (const auto& whole : {cms, SignedDataParts::of(cms).assemble(true)}) {
        verify(whole);
        for (std::size_t size = 0; size < whole.size(); ++size)
            refusal([&] { return verify(whole.substr(0, size)); });
    }
}

TEST_F(Signature, BytesAfterTheMessageAreRefused) {
    refused(sign(pki().rsa) + '\0');
    refused(sign(pki().rsa) + sign(pki().rsa));
    refused(SignedDataParts::of(sign(pki().rsa)).assemble(true) + std::string(2, '\0'));
}

TEST_F(Signature, EveryChangedByteOfTheSignersPartIsRefusedOrMeansTheSame) {
    const auto cms = sign(pki().ec);
    const auto signer = cms.find(der_content(pki().ec.certificate_der())) + pki().ec.certificate_der().size();
    const auto identity = verify(cms);
    int accepted = 0;
    for (std::size_t at = signer; at < cms.size(); ++at) {
        auto changed = cms;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        try {
            EXPECT_EQ(verify(changed)->hash, identity->hash);
            ++accepted;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::invalid);
        }
    }
    // The version number, and the algorithm's name: for EC keys OpenSSL goes by key and digest alone.
    EXPECT_EQ(accepted, 1 + 8);
}

TEST_F(Signature, ChangedAttributesAreRefused) {
    for (const auto& identity : {pki().rsa, pki().ec}) {
        auto parts = parts_of(identity);
        ASSERT_EQ(parts.attributes.size(), 3U);
        for (auto& attribute : parts.attributes) {
            const auto original = attribute;
            attribute.back() = static_cast<char>(attribute.back() ^ 1);
            refused(parts.assemble());
            attribute = original;
        }
        verify(parts.assemble());
        parts.attributes.pop_back();
        refused(parts.assemble());
    }
}

TEST_F(Signature, AttributesInAnyOrderVerifyAsSent) {
    for (const auto& identity : {pki().rsa, pki().ec}) {
        auto parts = parts_of(identity);
        std::sort(parts.attributes.begin(), parts.attributes.end());
        do {
            parts.sign_again(identity.private_key_pem, body);
            EXPECT_EQ(verify(parts.assemble())->der, identity.certificate_der());
        } while (std::next_permutation(parts.attributes.begin(), parts.attributes.end()));
    }
}

TEST_F(Signature, AttributesWithoutMessageDigestOrContentTypeAreRefused) {
    const auto whole = parts_of(pki().rsa);
    for (const auto* required :
         {"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x03", "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x04"}) {
        auto parts = whole;
        std::erase_if(parts.attributes, [&](const auto& a) { return a.find(required) != std::string::npos; });
        ASSERT_EQ(parts.attributes.size(), 2U);
        parts.sign_again(pki().rsa.private_key_pem, body);
        refused(parts.assemble());
    }
}

TEST_F(Signature, MessageDigestOfAnotherBodyIsRefusedThoughSigned) {
    auto parts = parts_of(pki().rsa);
    const auto other = SignedDataParts::of(
        sign_cms(pki().rsa.certificate_pem, pki().rsa.private_key_pem, "another body", CmsShape{}));
    parts.attributes = other.attributes;
    parts.sign_again(pki().rsa.private_key_pem, body);
    refused(parts.assemble());
    verify(parts.assemble(), "another body");
}

TEST_F(Signature, MessageDigestGivenTwiceIsRefused) {
    auto parts = parts_of(pki().rsa);
    const auto other = SignedDataParts::of(
        sign_cms(pki().rsa.certificate_pem, pki().rsa.private_key_pem, "another body", CmsShape{}));
    parts.attributes.insert(parts.attributes.end(), other.attributes.begin(), other.attributes.end());
    parts.sign_again(pki().rsa.private_key_pem, body);
    refused(parts.assemble());
    refused(parts.assemble(), "another body");
}

TEST_F(Signature, UnknownAttributesDoNotMatter) {
    auto parts = parts_of(pki().rsa);
    // 1.3.6.1.4.1.99999.1 with an INTEGER
    const std::string oid{"\x06\x09\x2B\x06\x01\x04\x01\x86\x8D\x1F\x01", 11};
    parts.attributes.push_back(der(0x30, oid + der(0x31, der(0x02, "\x05"))));
    parts.sign_again(pki().rsa.private_key_pem, body);
    EXPECT_EQ(verify(parts.assemble())->der, pki().rsa.certificate_der());
}

TEST_F(Signature, AttributesPassedOffAsABodyAreRefused) {
    // A signature over attributes is one over their encoding; without attributes that would be the body.
    auto parts = parts_of(pki().rsa);
    std::string attributes;
    for (const auto& attribute : parts.attributes) attributes += attribute;
    parts.attributes.clear();
    EXPECT_NE(verify(parts.assemble(), der(0x31, attributes)), nullptr) << "CMS has this ambiguity";
    refused(parts.assemble());
}

TEST_F(Signature, NoSignerIsRefused) {
    EXPECT_EQ(refused(sign_cms(std::vector<CmsSigner>{}, body, CmsShape{})),
              "signature: 0 signers instead of one");
}

TEST_F(Signature, TwoSignersAreRefusedThoughBothAreTrusted) {
    const std::vector<CmsSigner> both{{pki().rsa.certificate_pem, pki().rsa.private_key_pem},
                                      {pki().ec.certificate_pem, pki().ec.private_key_pem}};
    EXPECT_EQ(refused(sign_cms(both, body)), "signature: 2 signers instead of one");
}

TEST_F(Signature, WithoutTheSignersCertificateIsRefused) {
    refused(sign(pki().rsa, {.with_certificate = false}));
}

TEST_F(Signature, OtherCertificatesMaySurroundTheSigners) {
    for (const auto& others : {std::vector{pki().root.certificate_pem()},
                               std::vector{pki().ec.certificate_pem, pki().root.certificate_pem()}}) {
        const auto cms = sign(pki().rsa, {.extra_certificates_pem = others});
        const auto first = verify(cms);
        EXPECT_EQ(first->der, pki().rsa.certificate_der());
        EXPECT_EQ(verify(cms), first) << "remembered with the others";
    }
}

TEST_F(Signature, OfOneTrustedDeviceDoesNotPassForAnothers) {
    const auto other = pki().root.issue({.common_name = "other", .private_key_pem = pki().ec_key});
    auto parts = parts_of(pki().rsa);
    parts.certificates = SignedDataParts::of(sign(other)).certificates;
    refused(parts.assemble());
    parts.signer_identifier = SignedDataParts::of(sign(other)).signer_identifier;
    refused(parts.assemble());
    // and with the same key under another name:
    const auto twin = pki().root.issue({.common_name = "twin", .private_key_pem = pki().rsa_key});
    parts = parts_of(pki().rsa);
    parts.certificates = SignedDataParts::of(sign(twin)).certificates;
    refused(parts.assemble());
}

TEST_F(Signature, OfAnUntrustedSignerIsRefused) {
    const auto stranger = TestCa::make_root().issue({.private_key_pem = pki().rsa_key});
    refused(sign(stranger));
    refused(sign(stranger,
                 {.extra_certificates_pem = {pki().root.certificate_pem(), pki().rsa.certificate_pem}}));
}

TEST_F(Signature, ChainSentAlongIsNotTrusted) {
    // Only -intermediate builds chains: what a client sends cannot.
    const auto intermediate = pki().root.issue_ca("Intermediate");
    const auto leaf = intermediate.issue();
    refused(sign(leaf, {.extra_certificates_pem = {intermediate.certificate_pem()}}));
    IdentityVerifier knows{trust_in(pki().root.certificate_pem(), intermediate.certificate_pem())};
    EXPECT_NE(knows.verify_signature(base64_encode(sign(leaf)), body), nullptr);
}

TEST_F(Signature, Md5IsRefused) {
    EXPECT_EQ(refused(sign(pki().rsa, {.digest = "MD5"})), "signature: digest not accepted");
}

TEST_F(Signature, AttachedContentCountsForNothing) {
    const auto cms = sign(pki().rsa, {.attached = true});
    EXPECT_EQ(verify(cms)->der, pki().rsa.certificate_der());
    refused(cms, "another body");
}

TEST_F(Signature, TenKilobyteHeadersAreTaken) {
    const auto big = pki().root.issue({.dns_names = {200, std::string(50, 'x') + ".example.org"}});
    const auto cms = sign(big);
    ASSERT_GT(cms.size(), 10'000U);
    EXPECT_EQ(verify(cms)->der, big.certificate_der());
    EXPECT_EQ(verify(cms)->der, big.certificate_der());
}

TEST_F(Signature, OldRsaKeysOf1024BitsAreTaken) {
    CertificateRequest request;
    request.key_type = KeyType::rsa_1024;
    const auto old = pki().root.issue(request);
    EXPECT_EQ(verify(sign(old, {.digest = "SHA1"}))->der, old.certificate_der());
}

} // namespace
} // namespace nanomdm::test
