// Who signed a device's request: checks Mdm-Signature and certificate headers against the trusted CAs.
#pragma once

#include "nanomdm/mdm/request.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace nanomdm {

/// Whom to trust, as PEM text (`-ca`, `-intermediate`, `-signature-skew`).
struct TrustOptions {
    std::string ca_pem;             ///< one or more; each is a trust anchor, self-signed or not
    std::string intermediate_pem;   ///< may be empty; used to build chains, not trusted by themselves
    std::chrono::seconds skew{300}; ///< how far ahead of the clock a NotBefore of the chain may lie
};

/// Verifies device identity certificates. A certificate is accepted when a chain leads from it to one of
/// the `ca_pem`, every certificate of the chain is in its validity (NotBefore with the skew, NotAfter to
/// the second) and, where it has an extended key usage, that allows client authentication. Key usage is
/// not looked at. SHA-1 signatures and RSA keys from 1024 bits are accepted: devices and the SCEP servers
/// of old fleets still produce them, and what is trusted is decided by the configured CA alone.
///
/// Verified certificates are remembered until their NotAfter or 5 minutes, the sooner; so are the keys
/// prepared from them, which makes the next signature cheap.
///
/// Thread-safe, without contention between workers. Blocks on nothing but the processor.
class IdentityVerifier {
public:
    using Clock = std::function<TimePoint()>;

    /// @param clock the wall clock; another one only in tests.
    /// @throws Error{Errc::invalid} naming what cannot be parsed, or when there is no CA.
    explicit IdentityVerifier(const TrustOptions& trust, Clock clock = std::chrono::system_clock::now);
    ~IdentityVerifier();
    IdentityVerifier(const IdentityVerifier&) = delete;
    IdentityVerifier& operator=(const IdentityVerifier&) = delete;

    /// An Mdm-Signature: base64 of a CMS SignedData (RFC 5652), detached, over `body` as received. See
    /// «Pass an Identity Certificate Through a Proxy» in Apple's Device Management documentation. Spaces
    /// and line breaks in `header` (a folded header) are skipped. Signing time is not looked at.
    /// @return the signer's certificate, never null.
    /// @throws Error{Errc::invalid} on bad base64, CMS, signature or chain, and unless exactly one signed.
    [[nodiscard]] std::shared_ptr<const IdentityCertificate> verify_signature(std::string_view header,
                                                                              std::string_view body);

    /// The header a TLS proxy sets: RFC 9440 (`:base64 DER:`) or a PEM certificate escaped as in a URL
    /// query (nginx `$ssl_client_escaped_cert`), of which the first certificate counts.
    /// @return nullptr when no certificate can be decoded from it; the caller logs that.
    /// @throws Error{Errc::invalid} when the certificate is not trusted.
    [[nodiscard]] std::shared_ptr<const IdentityCertificate> verify_header(std::string_view value);

    /// One DER certificate, as TLS hands it over.
    /// @throws Error{Errc::invalid} when it is no certificate or not trusted.
    [[nodiscard]] std::shared_ptr<const IdentityCertificate> verify_der(std::string_view der);

    /// Trusts `trust` from now on and forgets every remembered certificate. A verification that is under
    /// way may still answer by the old trust; it is not remembered.
    /// @throws Error{Errc::invalid} as the constructor; the old trust then stays.
    void reload(const TrustOptions& trust);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nanomdm
