#include "crypto/renewal.hpp"

#include "crypto/certificate.hpp"
#include "unit/crypto/pki.hpp"

namespace nanomdm::test {
namespace {

using namespace std::chrono_literals;

const auto last_year = std::chrono::system_clock::now() - 24h * 365;

CertificateRequest device() {
    CertificateRequest request;
    request.common_name = "C02XK0AAJGH5";
    request.dns_names = {"a.example.org", "b.example.org"};
    request.uris = {"urn:uuid:1"};
    request.private_key_pem = pki().ec_key;
    request.not_before = last_year;
    return request;
}

IdentityCertificate identity(const CertificateRequest& request) {
    const auto der = pki().root.issue(request).certificate_der();
    return *crypto::identity_of(crypto::certificate_from_der(der).get());
}

/// Whether `next`, issued an hour later unless it says otherwise, renews `previous`.
bool renews(CertificateRequest next, const CertificateRequest& previous = device()) {
    if (next.not_before == previous.not_before) next.not_before += 1h;
    return is_renewal_of(identity(next), pki().root.issue(previous).certificate_pem);
}

TEST(Renewal, SameSubjectAndNamesIssuedLater) { EXPECT_TRUE(renews(device())); }

TEST(Renewal, KeyAndUsageMayChange) {
    auto next = device();
    next.private_key_pem = pki().rsa_key;
    next.extended_key_usage.reset();
    EXPECT_TRUE(renews(next));
}

TEST(Renewal, OrderOfAlternativeNamesMeansNothing) {
    auto next = device();
    next.dns_names = {"b.example.org", "a.example.org"};
    EXPECT_TRUE(renews(next));
}

TEST(Renewal, OtherSubjectIsNone) {
    for (const auto* name : {"C02XK0AAJGH6", "c02xk0aajgh5", "C02XK0AAJGH5 ", ""}) {
        auto next = device();
        next.common_name = name;
        EXPECT_FALSE(renews(next)) << name;
    }
    auto next = device();
    next.user_id = "added";
    EXPECT_FALSE(renews(next));
}

TEST(Renewal, OtherAlternativeNamesAreNone) {
    auto next = device();
    next.dns_names.pop_back();
    EXPECT_FALSE(renews(next));
    next = device();
    next.dns_names.push_back("c.example.org");
    EXPECT_FALSE(renews(next));
    next = device();
    next.dns_names.clear();
    next.uris.clear();
    EXPECT_FALSE(renews(next));
    EXPECT_FALSE(renews(device(), next));
    next = device();
    next.uris = {"urn:uuid:2"};
    EXPECT_FALSE(renews(next));
}

TEST(Renewal, IssuedAtTheSameTimeOrEarlierIsNone) {
    const auto previous = pki().root.issue(device()).certificate_pem;
    EXPECT_FALSE(is_renewal_of(identity(device()), previous));
    auto next = device();
    next.not_before -= 1s;
    EXPECT_FALSE(is_renewal_of(identity(next), previous));
    next.not_before += 2s;
    EXPECT_TRUE(is_renewal_of(identity(next), previous));
}

TEST(Renewal, CertificatesThatNameNobodyAreNone) {
    auto nobody = device();
    nobody.common_name.clear();
    nobody.dns_names.clear();
    nobody.uris.clear();
    EXPECT_FALSE(renews(nobody, nobody));
    nobody.uris = {"urn:uuid:1"};
    EXPECT_TRUE(renews(nobody, nobody)) << "an alternative name is enough";
}

TEST(Renewal, PreviousThatIsNoCertificateIsNone) {
    for (const auto& pem : {std::string{}, std::string{"garbage"}, pki().ec_key,
                            std::string{"-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----\n"}})
        EXPECT_FALSE(is_renewal_of(identity(device()), pem));
}

} // namespace
} // namespace nanomdm::test
