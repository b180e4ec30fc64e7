#include "crypto/push_certificate.hpp"

#include "support/openssl_pem.hpp"
#include "unit/crypto/pki.hpp"

namespace nanomdm::test {
namespace {

const std::string topic = "com.apple.mgmt.External.b2f1a0de-0000-4c3d-9b6b-000000000000";

CertificateRequest push_request(const std::string& key = pki().rsa_key, const std::string& user_id = topic) {
    CertificateRequest request;
    request.common_name = "APSP:b2f1a0de";
    request.user_id = user_id;
    request.private_key_pem = key;
    return request;
}

const Identity& push() {
    static const Identity made = pki().root.issue(push_request());
    return made;
}

enum class KeyForm { traditional, traditional_encrypted, pkcs8_encrypted };

std::string key_as(const std::string& pem, KeyForm form) {
    const auto key = key_from_pem(pem);
    const auto out = empty_memory();
    const auto* const cipher = form == KeyForm::traditional ? nullptr : EVP_aes_128_cbc();
    auto* const secret = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>("secret"));
    must((form == KeyForm::pkcs8_encrypted
              ? PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), cipher, nullptr, 0, nullptr, secret)
              : PEM_write_bio_PrivateKey_traditional(out.get(), key.get(), cipher, secret,
                                                     form == KeyForm::traditional ? 0 : 6, nullptr,
                                                     nullptr)) == 1,
         "write a key");
    return text_of(out.get());
}

TEST(PushCertificateUpload, IsReadInAnyOrder) {
    for (const auto& pem :
         {push().certificate_pem + push().private_key_pem, push().private_key_pem + push().certificate_pem,
          "Bag Attributes\n  x: y\n" + push().certificate_pem + "\n\nKey:\n" + push().private_key_pem}) {
        const auto parsed = parse_push_certificate(pem);
        EXPECT_EQ(parsed.certificate.topic.str(), topic);
        EXPECT_EQ(parsed.certificate.certificate_pem, push().certificate_pem);
        EXPECT_EQ(parsed.certificate.private_key_pem, push().private_key_pem);
        EXPECT_EQ(parsed.not_after, certificate_not_after(push().certificate_pem));
    }
}

TEST(PushCertificateUpload, NeedsNoNewlineBetweenBlocks) {
    auto certificate = push().certificate_pem;
    certificate.pop_back();
    EXPECT_EQ(parse_push_certificate(certificate + push().private_key_pem).certificate.topic.str(), topic);
    auto key = push().private_key_pem;
    key.pop_back();
    const auto parsed = parse_push_certificate(key + certificate);
    EXPECT_EQ(parsed.certificate.certificate_pem, push().certificate_pem);
    EXPECT_EQ(parsed.certificate.private_key_pem, push().private_key_pem);
}

TEST(PushCertificateUpload, OfSeveralCertificatesTheLastCounts) {
    const auto parsed = parse_push_certificate(pki().root.certificate_pem() + push().private_key_pem +
                                               push().certificate_pem);
    EXPECT_EQ(parsed.certificate.certificate_pem, push().certificate_pem);
    EXPECT_EQ(refusal([&] {
                  return parse_push_certificate(push().certificate_pem + push().private_key_pem +
                                                pki().root.certificate_pem());
              }),
              "push certificate: the private key does not belong to the certificate");
}

TEST(PushCertificateUpload, TraditionalRsaAndEcKeysAreRead) {
    const auto rsa = key_as(push().private_key_pem, KeyForm::traditional);
    ASSERT_TRUE(rsa.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
    EXPECT_EQ(parse_push_certificate(push().certificate_pem + rsa).certificate.private_key_pem, rsa);
    const auto ec = pki().root.issue(push_request(pki().ec_key));
    const auto ec_key = key_as(ec.private_key_pem, KeyForm::traditional);
    ASSERT_TRUE(ec_key.starts_with("-----BEGIN EC PRIVATE KEY-----"));
    EXPECT_EQ(parse_push_certificate(ec_key + ec.certificate_pem).certificate.private_key_pem, ec_key);
}

TEST(PushCertificateUpload, EncryptedKeysAreRefused) {
    for (const auto form : {KeyForm::traditional_encrypted, KeyForm::pkcs8_encrypted})
        EXPECT_EQ(refusal([&] {
                      return parse_push_certificate(push().certificate_pem +
                                                    key_as(push().private_key_pem, form));
                  }),
                  "push certificate: the private key is encrypted; decrypt it first");
}

TEST(PushCertificateUpload, KeyOfAnotherCertificateIsRefused) {
    const auto other = make_private_key(KeyType::rsa_1024);
    for (const auto& key : {other, pki().ec_key})
        EXPECT_EQ(refusal([&] { return parse_push_certificate(push().certificate_pem + key); }),
                  "push certificate: the private key does not belong to the certificate");
}

TEST(PushCertificateUpload, SubjectMustHaveAPushTopic) {
    for (const auto* user_id : {"", "com.example", "COM.APPLE.MGMT.x", " com.apple.mgmt.x"}) {
        const auto other = pki().root.issue(push_request(pki().ec_key, user_id));
        EXPECT_EQ(
            refusal([&] { return parse_push_certificate(other.certificate_pem + other.private_key_pem); }),
            "push certificate: the subject has no UID that starts with com.apple.mgmt; not an MDM push "
            "certificate");
    }
}

TEST(PushCertificateUpload, MissingPartsAndOtherBlocksAreNamed) {
    const auto refused = [](const std::string& pem) {
        return refusal([&] { return parse_push_certificate(pem); });
    };
    EXPECT_EQ(refused(""), "push certificate: no certificate in the PEM");
    EXPECT_EQ(refused("garbage"), "push certificate: no certificate in the PEM");
    EXPECT_EQ(refused(push().private_key_pem), "push certificate: no certificate in the PEM");
    EXPECT_EQ(refused(push().certificate_pem), "push certificate: no private key in the PEM");
    const auto whole = push().certificate_pem + push().private_key_pem;
    EXPECT_EQ(
        refused(whole + "-----BEGIN CERTIFICATE REQUEST-----\nZm9v\n-----END CERTIFICATE REQUEST-----\n"),
        "push certificate: cannot use a PEM block of type CERTIFICATE REQUEST");
    EXPECT_EQ(refused(whole + "-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----\n"),
              "push certificate: the certificate cannot be parsed");
    EXPECT_EQ(refused(whole + "-----BEGIN PRIVATE KEY-----\nZm9v\n-----END PRIVATE KEY-----\n"),
              "push certificate: the private key cannot be parsed");
    EXPECT_EQ(refused(whole + "-----BEGIN CERTIFICATE-----\nZm9\n-----END CERTIFICATE-----\n"),
              "push certificate: a CERTIFICATE block is not base64");
}

TEST(PushCertificateUpload, ExpiredCertificatesAreReadWithTheirDate) {
    auto request = push_request();
    request.not_after = std::chrono::system_clock::from_time_t(1'700'000'000);
    request.not_before = request.not_after - std::chrono::hours{24};
    const auto expired = pki().root.issue(request);
    EXPECT_EQ(parse_push_certificate(expired.certificate_pem + expired.private_key_pem).not_after,
              request.not_after);
    EXPECT_EQ(certificate_not_after(expired.certificate_pem), request.not_after);
}

TEST(PushCertificateUpload, NotAfterNeedsACertificate) {
    EXPECT_EQ(refusal([] { return certificate_not_after("nothing"); }), "no certificate in the PEM text");
}

} // namespace
} // namespace nanomdm::test
