// Which certificates are trusted: the chain rules, by raw certificate.
#include "unit/crypto/pki.hpp"

#include <optional>

namespace nanomdm::test {
namespace {

using namespace std::chrono_literals;
using Moment = std::chrono::system_clock::time_point;

/// Certificates hold whole seconds.
const Moment now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());

std::shared_ptr<const IdentityCertificate> verify(const TrustOptions& trust, const Identity& leaf,
                                                  Moment at = now) {
    IdentityVerifier verifier{trust, [at] { return at; }};
    return verifier.verify_der(leaf.certificate_der());
}

TEST(Chain, LeafOfTheRootIsTrusted) {
    const auto identity = verify(trust_in(pki().root.certificate_pem()), pki().rsa);
    EXPECT_EQ(identity->pem, pki().rsa.certificate_pem);
}

TEST(Chain, LeafOfAnotherRootOfTheSameNameIsRefused) {
    const auto other = TestCa::make_root();
    EXPECT_EQ(refusal([&] { return verify(trust_in(other.certificate_pem()), pki().rsa); }),
              "identity certificate: unable to get local issuer certificate");
}

TEST(Chain, SelfSignedLeafIsRefused) {
    CertificateRequest request;
    const auto self = TestCa::make_root(request);
    refusal([&] {
        return verify(trust_in(pki().root.certificate_pem()), Identity{self.certificate_pem(), {}});
    });
}

TEST(Chain, EveryCertificateOfTheCaFileIsAnAnchor) {
    const auto second = TestCa::make_root("Second");
    const auto third = TestCa::make_root("Third", KeyType::rsa_1024);
    const auto trust = trust_in("# our CAs\n" + pki().root.certificate_pem() + "\nsecond:\n" +
                                second.certificate_pem() + third.certificate_pem());
    for (const auto* ca : {&pki().root, &second, &third}) EXPECT_NE(verify(trust, ca->issue()), nullptr);
}

TEST(Chain, RenewedCaKeepsItsNameAndBothItsKeysAreTrusted) {
    const auto renewed = TestCa::make_root();
    for (const auto& pem : {pki().root.certificate_pem() + renewed.certificate_pem(),
                            renewed.certificate_pem() + pki().root.certificate_pem()}) {
        EXPECT_NE(verify(trust_in(pem), pki().root.issue()), nullptr);
        EXPECT_NE(verify(trust_in(pem), renewed.issue()), nullptr);
    }
}

TEST(Chain, IssuingCaIsAnAnchorWithoutItsRoot) {
    const auto issuing = pki().root.issue_ca("Issuing");
    EXPECT_NE(verify(trust_in(issuing.certificate_pem()), issuing.issue()), nullptr);
    refusal([&] { return verify(trust_in(issuing.certificate_pem()), pki().root.issue()); });
}

TEST(Chain, IntermediatesConnectLeafAndRootButAreNotTrustedThemselves) {
    const auto upper = pki().root.issue_ca("Upper");
    const auto lower = upper.issue_ca("Lower");
    const auto leaf = lower.issue();
    const auto both = lower.certificate_pem() + upper.certificate_pem();
    EXPECT_NE(verify(trust_in(pki().root.certificate_pem(), both), leaf), nullptr);
    refusal([&] { return verify(trust_in(pki().root.certificate_pem()), leaf); });
    refusal([&] { return verify(trust_in(pki().root.certificate_pem(), lower.certificate_pem()), leaf); });
    refusal([&] { return verify(trust_in(TestCa::make_root("Other").certificate_pem(), both), leaf); });
}

TEST(Chain, LeafCannotIssue) {
    const auto leaf = pki().root.issue();
    const auto forged = TestCa::of(leaf).issue();
    const auto trust = trust_in(pki().root.certificate_pem(), leaf.certificate_pem);
    EXPECT_NE(verify(trust, leaf), nullptr);
    refusal([&] { return verify(trust, forged); });
}

TEST(Chain, ExtendedKeyUsageMustAllowClientAuthentication) {
    const auto trust = trust_in(pki().root.certificate_pem());
    const auto with = [](std::optional<std::string> usage) {
        CertificateRequest request;
        request.extended_key_usage = std::move(usage);
        return pki().root.issue(request);
    };
    EXPECT_NE(verify(trust, with(std::nullopt)), nullptr);
    EXPECT_NE(verify(trust, with("clientAuth")), nullptr);
    EXPECT_NE(verify(trust, with("serverAuth,clientAuth")), nullptr);
    EXPECT_NE(verify(trust, with("anyExtendedKeyUsage")), nullptr);
    for (const auto* usage : {"serverAuth", "emailProtection", "codeSigning,serverAuth", "1.2.3.4"})
        EXPECT_EQ(refusal([&] { return verify(trust, with(usage)); }),
                  "identity certificate: not meant for client authentication");
}

TEST(Chain, ExtendedKeyUsageOfAnIntermediateBindsItsLeaves) {
    CertificateRequest request;
    request.common_name = "Mail only";
    request.extended_key_usage = "emailProtection";
    const auto intermediate = pki().root.issue_ca(request);
    refusal([&] {
        return verify(trust_in(pki().root.certificate_pem(), intermediate.certificate_pem()),
                      intermediate.issue());
    });
}

TEST(Chain, KeyUsageIsNotLookedAt) {
    for (const auto* usage : {"critical,digitalSignature", "critical,keyEncipherment", "nonRepudiation"}) {
        CertificateRequest request;
        request.key_usage = usage;
        EXPECT_NE(verify(trust_in(pki().root.certificate_pem()), pki().root.issue(request)), nullptr)
            << usage;
    }
}

TEST(Chain, ExpiresToTheSecond) {
    CertificateRequest request;
    request.not_after = now + 100s;
    const auto leaf = pki().root.issue(request);
    const auto trust = trust_in(pki().root.certificate_pem());
    EXPECT_NE(verify(trust, leaf, now + 99s), nullptr);
    EXPECT_EQ(refusal([&] { return verify(trust, leaf, now + 100s); }),
              "identity certificate: certificate has expired");
    refusal([&] { return verify(trust, leaf, now + 101s); });
}

TEST(Chain, NotBeforeMayLieAheadByTheSkewAndNoFurther) {
    CertificateRequest request;
    request.not_before = now;
    const auto leaf = pki().root.issue(request);
    auto trust = trust_in(pki().root.certificate_pem());
    EXPECT_NE(verify(trust, leaf, now - 300s), nullptr) << "5 minutes unless set";
    EXPECT_EQ(refusal([&] { return verify(trust, leaf, now - 301s); }),
              "identity certificate: certificate is not yet valid");
    trust.skew = 10s;
    EXPECT_NE(verify(trust, leaf, now - 10s), nullptr);
    refusal([&] { return verify(trust, leaf, now - 11s); });
    trust.skew = 0s;
    EXPECT_NE(verify(trust, leaf, now), nullptr);
    refusal([&] { return verify(trust, leaf, now - 1s); });
}

TEST(Chain, SkewAndExpiryHoldForTheWholeChain) {
    CertificateRequest root_request;
    root_request.common_name = "Young root";
    root_request.extended_key_usage.reset();
    root_request.not_before = now;
    root_request.not_after = now + 1h;
    const auto root = TestCa::make_root(root_request);
    const auto leaf = root.issue();
    const auto trust = trust_in(root.certificate_pem());
    EXPECT_NE(verify(trust, leaf, now - 300s), nullptr);
    refusal([&] { return verify(trust, leaf, now - 301s); });
    EXPECT_NE(verify(trust, leaf, now + 1h - 1s), nullptr);
    refusal([&] { return verify(trust, leaf, now + 1h); });
}

TEST(Chain, SkewExcusesNothingElse) {
    CertificateRequest request;
    request.not_before = now + 10s;
    request.extended_key_usage = "serverAuth";
    refusal([&] { return verify(trust_in(pki().root.certificate_pem()), pki().root.issue(request)); });
    request.extended_key_usage = "clientAuth";
    refusal(
        [&] { return verify(trust_in(TestCa::make_root().certificate_pem()), pki().root.issue(request)); });
}

TEST(Chain, ValidityToTheEndOfTimeIsTaken) {
    // The largest time a certificate can name lies far beyond what a TimePoint holds.
    CertificateRequest request;
    request.not_after_text = "99991231235959Z";
    const auto identity = verify(trust_in(pki().root.certificate_pem()), pki().root.issue(request));
    EXPECT_GT(identity->not_after, now + 24h * 365 * 200);
}

TEST(Chain, Sha1SignaturesAreTakenAndMd5OnesAreNot) {
    const auto trust = trust_in(pki().root.certificate_pem());
    CertificateRequest request;
    request.digest = "SHA1";
    EXPECT_NE(verify(trust, pki().root.issue(request)), nullptr);
    request.digest = "MD5";
    const auto rsa_root = TestCa::make_root("RSA root", KeyType::rsa_1024);
    EXPECT_EQ(refusal([&] { return verify(trust_in(rsa_root.certificate_pem()), rsa_root.issue(request)); }),
              "identity certificate: key or signature too weak");
}

TEST(Chain, KeysOfFewerThan1024BitsAreRefused) {
    CertificateRequest request;
    request.key_type = KeyType::rsa_512;
    EXPECT_EQ(
        refusal([&] { return verify(trust_in(pki().root.certificate_pem()), pki().root.issue(request)); }),
        "identity certificate: key or signature too weak");
}

TEST(Chain, BytesThatAreNoCertificateAreRefused) {
    IdentityVerifier verifier{trust_in(pki().root.certificate_pem())};
    const auto good = pki().ec.certificate_der();
    for (const auto& der : {std::string{}, std::string{"x"}, good + "x", good + good, good.substr(1)})
        EXPECT_EQ(refusal([&] { return verifier.verify_der(der); }), "identity certificate cannot be parsed");
    for (std::size_t size = 0; size < good.size(); ++size)
        refusal([&] { return verifier.verify_der(good.substr(0, size)); });
}

TEST(Chain, TrustWithoutAnyCertificateIsRefused) {
    for (const auto& pem : {std::string{}, std::string{"no PEM"}, pki().root.private_key_pem()})
        EXPECT_EQ(refusal([&] { return std::make_unique<IdentityVerifier>(trust_in(pem)); }),
                  "CA certificates: no PEM certificate in there");
    const auto& root = pki().root.certificate_pem();
    EXPECT_EQ(refusal([&] { return std::make_unique<IdentityVerifier>(trust_in(root, "no PEM")); }),
              "intermediate certificates: no PEM certificate in there");
}

TEST(Chain, CertificateThatCannotBeParsedIsNamed) {
    const auto& root = pki().root.certificate_pem();
    auto broken = TestCa::make_root().certificate_pem();
    broken.replace(broken.find('\n') + 1, 1, "A");
    EXPECT_EQ(refusal([&] { return std::make_unique<IdentityVerifier>(trust_in(root + broken)); }),
              "CA certificates: certificate 2 cannot be parsed");
    EXPECT_EQ(refusal([&] { return std::make_unique<IdentityVerifier>(trust_in(root, broken)); }),
              "intermediate certificates: certificate 1 cannot be parsed");
}

TEST(Chain, FilesOfEveryPlatformAreRead) {
    auto windows = pki().root.certificate_pem();
    for (std::size_t at = 0; (at = windows.find('\n', at)) != std::string::npos; at += 2)
        windows.insert(at, "\r");
    for (const auto& pem : {windows, "\xEF\xBB\xBF" + pki().root.certificate_pem(),
                            pki().root.private_key_pem() + pki().root.certificate_pem(),
                            pki().root.certificate_pem() + pki().root.certificate_pem()})
        EXPECT_NE(verify(trust_in(pem), pki().ec), nullptr);
}

} // namespace
} // namespace nanomdm::test
