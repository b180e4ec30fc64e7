// What is remembered of verified certificates, how long, and under which trust.
#include "crypto/verified_certificates.hpp"

#include "crypto/certificate.hpp"
#include "unit/crypto/pki.hpp"

#include <atomic>
#include <thread>

namespace nanomdm::test {
namespace {

using namespace std::chrono_literals;
const TimePoint start = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
const std::string body = "body";

class Remembering : public testing::Test {
protected:
    auto verify(const Identity& leaf) { return verifier.verify_der(leaf.certificate_der()); }
    static std::string header_of(const Identity& leaf) {
        return base64_encode(sign_cms(leaf.certificate_pem, leaf.private_key_pem, body));
    }

    TimePoint now = start;
    IdentityVerifier verifier{trust_in(pki().root.certificate_pem()), [this] { return now; }};
};

TEST_F(Remembering, LastsFiveMinutes) {
    const auto first = verify(pki().ec);
    now += 299s;
    EXPECT_EQ(verify(pki().ec), first);
    now += 1s;
    const auto second = verify(pki().ec);
    EXPECT_NE(second, first);
    now += 299s;
    EXPECT_EQ(verify(pki().ec), second);
}

TEST_F(Remembering, EndsWithTheCertificate) {
    CertificateRequest request;
    request.not_after = start + 60s;
    const auto leaf = pki().root.issue(request);
    const auto header = header_of(leaf);
    EXPECT_NE(verifier.verify_signature(header, body), nullptr);
    now += 59s;
    EXPECT_NE(verifier.verify_signature(header, body), nullptr);
    now += 1s;
    refusal([&] { return verifier.verify_signature(header, body); });
    refusal([&] { return verify(leaf); });
}

TEST_F(Remembering, EndsWithTheFirstCertificateOfTheChainToExpire) {
    CertificateRequest request;
    request.common_name = "Dying root";
    request.extended_key_usage.reset();
    request.not_after = start + 60s;
    const auto root = TestCa::make_root(request);
    verifier.reload(trust_in(root.certificate_pem()));
    const auto leaf = root.issue();
    verify(leaf);
    now += 60s;
    refusal([&] { return verify(leaf); });
}

TEST_F(Remembering, IsNotProlongedByAClockSetBack) {
    const auto first = verify(pki().ec);
    now -= 1s;
    EXPECT_NE(verify(pki().ec), first);
}

TEST_F(Remembering, RefusalsAreNotRemembered) {
    CertificateRequest request;
    request.not_before = start + 400s;
    const auto leaf = pki().root.issue(request);
    refusal([&] { return verify(leaf); });
    now += 100s;
    EXPECT_NE(verify(leaf), nullptr);
}

TEST_F(Remembering, NeedsASignatureThatVerified) {
    // Else anybody could crowd out the others with certificates, which are public.
    const auto one = sign_cms(pki().ec.certificate_pem, pki().ec.private_key_pem, body);
    const auto other = sign_cms(pki().ec.certificate_pem, pki().ec.private_key_pem, body,
                                CmsShape{.extra_certificates_pem = {pki().root.certificate_pem()}});
    for (const auto& cms : {one, other})
        refusal([&] { return verifier.verify_signature(base64_encode(cms), "another body"); });
    now += 200s;
    const auto first = verify(pki().ec);
    now += 200s;
    EXPECT_EQ(verify(pki().ec), first) << "remembered for the first time only then";
}

TEST_F(Remembering, ReloadForgetsWhatTheOldTrustVerified) {
    const auto header = header_of(pki().rsa);
    verify(pki().ec);
    EXPECT_NE(verifier.verify_signature(header, body), nullptr);
    const auto other = TestCa::make_root();
    verifier.reload(trust_in(other.certificate_pem()));
    refusal([&] { return verify(pki().ec); });
    refusal([&] { return verifier.verify_signature(header, body); });
    EXPECT_NE(verify(other.issue()), nullptr);
}

TEST_F(Remembering, ReloadThatFailsKeepsTrustAndMemory) {
    const auto first = verify(pki().ec);
    refusal([&] {
        verifier.reload(trust_in("nonsense"));
        return 0;
    });
    EXPECT_EQ(verify(pki().ec), first);
    EXPECT_NE(verify(pki().rsa), nullptr);
}

TEST_F(Remembering, ChainSentWithASignatureDoesNotPassAsACertificate) {
    const auto& root = pki().root.certificate_pem();
    const auto cms = sign_cms(pki().rsa.certificate_pem, pki().rsa.private_key_pem, body,
                              CmsShape{.extra_certificates_pem = {root}});
    EXPECT_NE(verifier.verify_signature(base64_encode(cms), body), nullptr);
    const auto root_der = Identity{root, {}}.certificate_der();
    refusal([&] { return verifier.verify_der(pki().rsa.certificate_der() + root_der); });
    refusal([&] { return verifier.verify_der(root_der + pki().rsa.certificate_der()); });
}

TEST(VerifiedCertificates, HoldsNoMoreThanItsCapacityAndKeepsWhatIsUsed) {
    crypto::VerifiedCertificates certificates;
    const auto leaf = crypto::certificate_from_der(pki().ec.certificate_der());
    const auto insert = [&](const std::string& bag) {
        certificates.insert(
            std::make_shared<const crypto::VerifiedCertificate>(leaf.get(), bag, start, start + 5min), start);
    };
    insert("used all the time");
    for (std::size_t i = 0; i < 3 * crypto::VerifiedCertificates::capacity; ++i) {
        insert(std::to_string(i));
        ASSERT_NE(certificates.find("used all the time", start), nullptr);
    }
    EXPECT_LE(certificates.size(), crypto::VerifiedCertificates::capacity);
    EXPECT_GT(certificates.size(), crypto::VerifiedCertificates::capacity / 2);
    const auto last = std::to_string(3 * crypto::VerifiedCertificates::capacity - 1);
    EXPECT_NE(certificates.find(last, start), nullptr);
    EXPECT_EQ(certificates.find(last, start + 5min), nullptr);
    EXPECT_EQ(certificates.find("0", start), nullptr);
}

TEST(Concurrency, ManyThreadsVerifyWhileTrustIsReloaded) {
    const auto other = TestCa::make_root("Other");
    const auto trust = trust_in(pki().root.certificate_pem());
    IdentityVerifier verifier{trust};
    struct Signed {
        std::string header;
        std::string body;
        std::string der;
    };
    std::vector<Signed> messages;
    for (int i = 0; i < 8; ++i) {
        const auto& leaf = i % 2 == 0 ? pki().rsa : pki().ec;
        const auto text = "body " + std::to_string(i);
        messages.push_back({base64_encode(sign_cms(leaf.certificate_pem, leaf.private_key_pem, text,
                                                   i % 3 == 0 ? "SHA1" : "SHA256", i % 4 < 2)),
                            text, leaf.certificate_der()});
    }
    std::atomic<int> good{0};
    std::atomic<int> bad{0};
    const auto work = [&](std::size_t first) {
        for (std::size_t i = 0; i < 150; ++i) {
            const auto& message = messages[(first + i) % messages.size()];
            const auto& next = messages[(first + i + 1) % messages.size()];
            if (verifier.verify_signature(message.header, message.body)->der == message.der) ++good;
            try {
                static_cast<void>(verifier.verify_signature(message.header, next.body));
            } catch (const Error&) {
                ++bad;
            }
        }
    };
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 8; ++i) threads.emplace_back(work, i);
    const auto both = trust_in(pki().root.certificate_pem() + other.certificate_pem());
    for (int i = 0; i < 50; ++i) verifier.reload(i % 2 == 0 ? both : trust);
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(good, 8 * 150);
    EXPECT_EQ(bad, 8 * 150);
}

} // namespace
} // namespace nanomdm::test
