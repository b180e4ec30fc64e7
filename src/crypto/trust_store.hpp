// The configured CAs, and whether a chain leads from a certificate to one of them. Internal to crypto/.
#pragma once

#include "crypto/identity_verifier.hpp"
#include "crypto/openssl.hpp"

namespace nanomdm::crypto {

/// Immutable after construction; any number of threads may verify at once.
class TrustStore {
public:
    /// @throws Error{Errc::invalid} as IdentityVerifier's constructor.
    explicit TrustStore(const TrustOptions& trust);

    /// Verifies at the moment `now`, by the rules that IdentityVerifier documents.
    /// @return the earliest NotAfter of the chain. @throws Error{Errc::invalid} with the reason.
    TimePoint verify(X509* certificate, TimePoint now) const;

private:
    StorePtr anchors_;
    CertificatesPtr intermediates_;
    std::chrono::seconds skew_;
};

} // namespace nanomdm::crypto
