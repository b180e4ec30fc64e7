// The identity check of every device request: the fast path when it applies, else OpenSSL's.
#include "crypto/identity_verifier.hpp"

#include "crypto/certificate.hpp"
#include "crypto/certificate_header.hpp"
#include "crypto/cms.hpp"
#include "crypto/signed_data.hpp"
#include "crypto/trust_store.hpp"
#include "crypto/verified_certificates.hpp"
#include "encoding/base64.hpp"
#include "nanomdm/error.hpp"

#include <algorithm>
#include <mutex>

namespace nanomdm {
namespace {

using namespace crypto;
using Verified = std::shared_ptr<const VerifiedCertificate>;

constexpr std::chrono::minutes remembered_for{5};
/// A chain sent along is remembered with the certificate, unless it is abnormally long.
constexpr std::size_t largest_bag_remembered = 8 * 1024;

/// Trust and what was verified under it live and die together: what a request verified under trust that
/// was replaced meanwhile is remembered where nobody will look.
struct Trust {
    explicit Trust(const TrustOptions& options) : store{options} {}

    Verified verify(X509* certificate, std::string_view bag, TimePoint now) const {
        const auto until = std::min(store.verify(certificate, now), now + remembered_for);
        return std::make_shared<const VerifiedCertificate>(certificate, bag, now, until);
    }

    /// Only what came with a proof of its key: certificates are public, and could be sent to crowd out
    /// others.
    Verified remember(Verified verified, TimePoint now) {
        if (verified->bag().size() <= largest_bag_remembered) certificates.insert(verified, now);
        return verified;
    }

    TrustStore store;
    VerifiedCertificates certificates;
};

std::string decoded_header(std::string_view header) {
    auto bytes = base64_decode(header);
    if (!bytes) { // folded over several lines, perhaps
        std::string text{header};
        std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
        bytes = base64_decode(text);
    }
    if (!bytes || bytes->empty()) throw Error{Errc::invalid, "signature: not base64"};
    return *std::move(bytes);
}

} // namespace

struct IdentityVerifier::Impl {
    std::shared_ptr<Trust> current() {
        const std::lock_guard lock{mutex};
        return trust;
    }

    /// @return null when the message is not of the usual shape or does not verify that way.
    Verified verify_fast(Trust& now_trusted, std::string_view cms, std::string_view body, TimePoint now) {
        const auto message = read_usual_signed_data(cms);
        if (!message) return nullptr;
        if (auto known = now_trusted.certificates.find(message->certificates, now))
            return known->signed_by_this(*message, body) ? known : nullptr;
        const auto certificate = certificate_from_der(message->certificates);
        if (!certificate || der_of(certificate.get()) != message->certificates) return nullptr;
        auto signer = now_trusted.verify(certificate.get(), message->certificates, now);
        if (!signer->signed_by_this(*message, body)) return nullptr;
        return now_trusted.remember(std::move(signer), now);
    }

    Verified verify_fully(Trust& now_trusted, std::string_view cms, std::string_view body, TimePoint now) {
        const CmsSignature signature{cms};
        // Under the whole bag when one was sent, so that the next signature is found by it.
        const auto message = read_usual_signed_data(cms);
        auto signer =
            now_trusted.verify(signature.signer(), message ? message->certificates : std::string_view{}, now);
        signature.verify(body);
        return now_trusted.remember(std::move(signer), now);
    }

    Verified verify_certificate(std::string_view der, TimePoint now) {
        const auto now_trusted = current();
        // The same bytes may be remembered as a chain sent with a signature, which is no certificate.
        if (auto known = now_trusted->certificates.find(der, now); known && known->identity()->der == der)
            return known;
        const auto certificate = certificate_from_der(der);
        return certificate ? now_trusted->remember(now_trusted->verify(certificate.get(), der, now), now)
                           : nullptr;
    }

    Clock clock;
    std::mutex mutex; ///< held to copy or replace the pointer only
    std::shared_ptr<Trust> trust;
};

IdentityVerifier::IdentityVerifier(const TrustOptions& trust, Clock clock) : impl_{std::make_unique<Impl>()} {
    impl_->clock = std::move(clock);
    impl_->trust = std::make_shared<Trust>(trust);
}

IdentityVerifier::~IdentityVerifier() = default;

std::shared_ptr<const IdentityCertificate> IdentityVerifier::verify_signature(std::string_view header,
                                                                              std::string_view body) {
    const auto cms = decoded_header(header);
    const auto now = impl_->clock();
    const auto trust = impl_->current();
    auto signer = impl_->verify_fast(*trust, cms, body, now);
    if (!signer) signer = impl_->verify_fully(*trust, cms, body, now);
    return signer->identity();
}

std::shared_ptr<const IdentityCertificate> IdentityVerifier::verify_header(std::string_view value) {
    const auto der = der_from_header(value);
    if (!der) return nullptr;
    const auto verified = impl_->verify_certificate(*der, impl_->clock());
    return verified ? verified->identity() : nullptr;
}

std::shared_ptr<const IdentityCertificate> IdentityVerifier::verify_der(std::string_view der) {
    const auto verified = impl_->verify_certificate(der, impl_->clock());
    if (!verified) throw Error{Errc::invalid, "identity certificate cannot be parsed"};
    return verified->identity();
}

void IdentityVerifier::reload(const TrustOptions& trust) {
    auto fresh = std::make_shared<Trust>(trust);
    const std::lock_guard lock{impl_->mutex};
    impl_->trust.swap(fresh); // the old one is destroyed after the lock is gone
}

} // namespace nanomdm
