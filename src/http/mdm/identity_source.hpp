// Where a device's identity certificate comes from: exactly one way is active per server.
#pragma once

#include "http/message.hpp"
#include "nanomdm/mdm/request.hpp"

#include <memory>
#include <string>

namespace nanomdm {
class IdentityVerifier;
}

namespace nanomdm::http {

/// Finds the verified identity certificate of a device's request. Thread-safe; called on workers.
class IdentitySource {
public:
    virtual ~IdentitySource() = default;
    /// @return null when the request carries no certificate at all.
    /// @throws Error{Errc::invalid} when it carries one that does not verify, or its header twice.
    [[nodiscard]] virtual std::shared_ptr<const IdentityCertificate> identify(const HttpRequest& request) = 0;
    /// Whether identify() looks at the body, so that it must be there in full.
    [[nodiscard]] virtual bool needs_body() const noexcept { return false; }
};

/// The `Mdm-Signature` header: a detached CMS signature over the raw body (RFC 5652).
class SignatureIdentity final : public IdentitySource {
public:
    explicit SignatureIdentity(IdentityVerifier& verifier) noexcept : verifier_{verifier} {}
    std::shared_ptr<const IdentityCertificate> identify(const HttpRequest& request) override;
    bool needs_body() const noexcept override { return true; }

private:
    IdentityVerifier& verifier_;
};

/// A header that the TLS proxy in front sets (`-cert-header`): RFC 9440, or nginx' escaped PEM.
class HeaderIdentity final : public IdentitySource {
public:
    HeaderIdentity(IdentityVerifier& verifier, std::string header)
        : verifier_{verifier}, header_{std::move(header)} {}
    std::shared_ptr<const IdentityCertificate> identify(const HttpRequest& request) override;

private:
    IdentityVerifier& verifier_;
    std::string header_;
};

/// The client certificate of built-in TLS, whose handshake has proved that the client has its key. A header
/// counts for nothing here, and neither does a signature.
class TlsIdentity final : public IdentitySource {
public:
    explicit TlsIdentity(IdentityVerifier& verifier) noexcept : verifier_{verifier} {}
    std::shared_ptr<const IdentityCertificate> identify(const HttpRequest& request) override;

private:
    IdentityVerifier& verifier_;
};

} // namespace nanomdm::http
