// The fast path's reader: what it takes, and that it leaves the rest to OpenSSL.
#include "crypto/signed_data.hpp"

#include "crypto/certificate.hpp"
#include "crypto/der_cursor.hpp"
#include "crypto/verified_certificates.hpp"
#include "support/signed_data_parts.hpp"
#include "unit/crypto/pki.hpp"

namespace nanomdm::test {
namespace {

using crypto::DerCursor;
using crypto::read_usual_signed_data;
using namespace std::string_literals;

const std::string body = "body";

std::string usual(const CmsShape& shape = {}) {
    return sign_cms(pki().rsa.certificate_pem, pki().rsa.private_key_pem, body, shape);
}

TEST(UsualSignedData, WhatDevicesSendIsUsual) {
    for (const auto* digest : {"SHA1", "SHA224", "SHA256", "SHA384", "SHA512"}) {
        for (int bits = 0; bits < 16; ++bits) {
            CmsShape shape;
            shape.digest = digest;
            shape.with_attributes = (bits & 1) != 0;
            shape.names_combined_algorithm = (bits & 2) != 0;
            shape.absent_parameters = (bits & 4) != 0;
            shape.by_key_identifier = (bits & 8) != 0;
            const auto cms = usual(shape);
            EXPECT_TRUE(read_usual_signed_data(cms)) << digest << ' ' << bits;
            EXPECT_TRUE(read_usual_signed_data(SignedDataParts::of(cms).assemble(true)))
                << digest << ' ' << bits;
            EXPECT_TRUE(read_usual_signed_data(
                sign_cms(pki().ec.certificate_pem, pki().ec.private_key_pem, body, shape)))
                << digest << ' ' << bits;
        }
    }
}

TEST(UsualSignedData, IsVerifiedByTheSignersKeyAlone) {
    const auto verified = [](const Identity& identity) {
        const auto der = identity.certificate_der();
        return std::make_unique<crypto::VerifiedCertificate>(crypto::certificate_from_der(der).get(), der,
                                                             TimePoint::min(), TimePoint::max());
    };
    const auto rsa = verified(pki().rsa);
    const auto ec = verified(pki().ec);
    for (const bool with_attributes : {true, false}) {
        for (const bool by_key_identifier : {true, false}) {
            CmsShape shape;
            shape.with_attributes = with_attributes;
            shape.by_key_identifier = by_key_identifier;
            const auto by_rsa = usual(shape);
            const auto by_ec = sign_cms(pki().ec.certificate_pem, pki().ec.private_key_pem, body, shape);
            EXPECT_TRUE(rsa->signed_by_this(*read_usual_signed_data(by_rsa), body));
            EXPECT_TRUE(ec->signed_by_this(*read_usual_signed_data(by_ec), body));
            EXPECT_FALSE(rsa->signed_by_this(*read_usual_signed_data(by_rsa), "another body"));
            EXPECT_FALSE(ec->signed_by_this(*read_usual_signed_data(by_rsa), body));
            EXPECT_FALSE(rsa->signed_by_this(*read_usual_signed_data(by_ec), body));
        }
    }
}

TEST(UsualSignedData, PartsAreFoundWhereTheyStand) {
    const auto cms = usual();
    const auto parts = SignedDataParts::of(cms);
    const auto read = read_usual_signed_data(cms);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->certificates, pki().rsa.certificate_der());
    EXPECT_EQ(std::string{read->issuer} + std::string{read->serial_number},
              der_content(parts.signer_identifier));
    EXPECT_EQ(read->signature, der_content(parts.signature));
    EXPECT_EQ(read->message_digest.size(), 32U);
}

TEST(UsualSignedData, TheUnusualIsLeftToOpenSsl) {
    EXPECT_FALSE(read_usual_signed_data(""));
    EXPECT_FALSE(read_usual_signed_data(usual({.digest = "MD5"})));
    EXPECT_FALSE(read_usual_signed_data(usual({.with_certificate = false})));
    EXPECT_FALSE(read_usual_signed_data(usual({.attached = true})));
    EXPECT_FALSE(read_usual_signed_data(usual() + "\0"s));
    const std::vector<CmsSigner> two{{pki().rsa.certificate_pem, pki().rsa.private_key_pem},
                                     {pki().ec.certificate_pem, pki().ec.private_key_pem}};
    EXPECT_FALSE(read_usual_signed_data(sign_cms(two, body)));

    const auto changed = [](auto change) {
        auto parts = SignedDataParts::of(usual());
        change(parts);
        return parts.assemble();
    };
    EXPECT_TRUE(read_usual_signed_data(changed([](auto&) {})));
    EXPECT_FALSE(
        read_usual_signed_data(changed([](auto& p) { p.unsigned_attributes = der(0xA1, der(0x30, "")); })));
    EXPECT_FALSE(read_usual_signed_data(changed([](auto& p) { p.digest_algorithms = der(0x31, ""); })));
    EXPECT_FALSE(read_usual_signed_data(changed([](auto& p) {
        p.digest_algorithms = SignedDataParts::of(usual({.digest = "SHA1"})).digest_algorithms;
    })));
    EXPECT_FALSE(read_usual_signed_data(changed([](auto& p) {
        p.signature_algorithm =
            SignedDataParts::of(usual({.digest = "SHA1", .names_combined_algorithm = true}))
                .signature_algorithm;
    }))) << "sha1WithRSAEncryption over SHA-256";
    EXPECT_FALSE(
        read_usual_signed_data(changed([](auto& p) { p.attributes.push_back(p.attributes.front()); })));
    EXPECT_FALSE(read_usual_signed_data(changed([](auto& p) {
        p.attributes.front() = ber_indefinite(0x30, der_content(p.attributes.front()));
    }))) << "signed as sent or as encoded anew?";
    EXPECT_FALSE(read_usual_signed_data(changed([](auto& p) { p.signer_version = der(0x02, "\1\0"s); })));
    EXPECT_FALSE(read_usual_signed_data(changed([](auto& p) {
        p.signature = "\x04\x83\x00\x01\x00"s + der_content(p.signature); // a length that is not minimal
    })));
}

TEST(UsualSignedData, EveryTruncationIsLeftToOpenSsl) {
    const auto cms = usual();
    for (const auto& whole : {cms, SignedDataParts::of(cms).assemble(true)})
        for (std::size_t size = 0; size < whole.size(); ++size)
            EXPECT_FALSE(read_usual_signed_data(whole.substr(0, size))) << size;
}

TEST(DerCursor, ReadsElementsAndEndsExactly) {
    const auto bytes = der(0x30, der(0x02, "\5") + der(0x04, std::string(300, 'x')));
    DerCursor at{bytes};
    at.open(0x30);
    EXPECT_TRUE(at.next_is(0x02));
    EXPECT_EQ(at.take(0x02).content, "\5");
    const auto octets = at.take(0x04);
    EXPECT_EQ(octets.content.size(), 300U);
    EXPECT_EQ(octets.whole.size(), 304U);
    EXPECT_FALSE(at.finished());
    at.close();
    EXPECT_TRUE(at.finished());
}

TEST(DerCursor, LengthsMustBeMinimalAndInside) {
    for (const auto& bytes :
         {"\x04"s, "\x04\x01"s, "\x04\x81\x01x"s, "\x04\x81\x7F"s + std::string(127, 'x'),
          "\x04\x82\x00\x80"s + std::string(128, 'x'), "\x04\x84\x00\x00\x00\x01x"s, "\x04\x83\xFF\xFF\xFF"s,
          "\x04\x80x\0\0"s, "\x04\x81"s, "\x04\xFF"s, "\x05\x00"s}) {
        DerCursor at{bytes};
        EXPECT_TRUE(at.take(0x04).whole.empty());
        EXPECT_TRUE(at.failed());
        EXPECT_FALSE(at.finished());
    }
    const auto shortest = "\x04\x81\x80"s + std::string(128, 'x');
    EXPECT_EQ(DerCursor{shortest}.take(0x04).content.size(), 128U);
}

TEST(DerCursor, InnerElementMayNotReachBeyondItsParent) {
    const std::string bytes = "\x30\x03\x04\x02xy"s;
    DerCursor at{bytes};
    at.open(0x30);
    at.take(0x04);
    EXPECT_TRUE(at.failed());
}

TEST(DerCursor, IndefiniteElementsEndWithTheirMark) {
    const auto bytes = ber_indefinite(0x30, der(0x02, "\5") + ber_indefinite(0xA0, ""));
    DerCursor at{bytes};
    at.open(0x30);
    at.take(0x02);
    at.open(0xA0);
    EXPECT_TRUE(at.at_end());
    at.close();
    at.close();
    EXPECT_TRUE(at.finished());

    const auto cut = bytes.substr(0, bytes.size() - 1);
    DerCursor short_of{cut};
    short_of.open(0x30);
    short_of.take(0x02);
    short_of.open(0xA0);
    short_of.close();
    short_of.close();
    EXPECT_TRUE(short_of.failed());
}

TEST(DerCursor, UnreadContentAndTooDeepNestingAreSurprises) {
    const auto bytes = der(0x30, der(0x02, "\5"));
    DerCursor at{bytes};
    at.open(0x30);
    at.close();
    EXPECT_TRUE(at.failed());

    std::string nested;
    for (int i = 0; i < 20; ++i) nested = der(0x30, nested);
    DerCursor deep{nested};
    for (int i = 0; i < 20; ++i) deep.open(0x30);
    EXPECT_TRUE(deep.failed());
    DerCursor closed{nested};
    closed.close();
    EXPECT_TRUE(closed.failed());
}

} // namespace
} // namespace nanomdm::test
