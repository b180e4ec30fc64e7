// Binds each device to its identity certificate: who enrolled with it may speak, nobody else.
#pragma once

#include "crypto/renewal.hpp"
#include "nanomdm/service/service.hpp"
#include "nanomdm/storage/cert_auth_store.hpp"

#include <functional>
#include <string_view>

namespace nanomdm::service {

struct CertAuthOptions {
    bool retro = false;     ///< a device that has no association yet gets one by any message
    bool warn_only = false; ///< what would be refused is logged and let through, and stores nothing
    bool renewal = false;   ///< the renewal of a device's certificate is associated
};

/// The certificate was verified before; here it is checked whose it is. A refusal is
/// Error{Errc::forbidden}; a request without a certificate is Error{Errc::invalid}, warn_only or not.
///
/// Derives from Service itself, so that a new message does not compile until it is authorized.
class CertAuth final : public Service {
public:
    /// Whether a certificate is the successor of one given as PEM.
    using RenewalRule = std::function<bool(const IdentityCertificate& renewed, const std::string& pem)>;

    CertAuth(Service& next, CertAuthStore& store, CertAuthOptions options,
             RenewalRule is_renewal = is_renewal_of);

    void authenticate(const Request& request, const Authenticate& message) override;
    int token_update(const Request& request, const TokenUpdate& message) override;
    void check_out(const Request& request, const CheckOut& message) override;
    UserAuthenticateAnswer user_authenticate(const Request& request,
                                             const UserAuthenticate& message) override;
    void set_bootstrap_token(const Request& request, const SetBootstrapToken& message) override;
    std::optional<std::string> bootstrap_token(const Request& request,
                                               const GetBootstrapToken& message) override;
    std::string declarative_management(const Request& request, const DeclarativeManagement& message) override;
    std::string token(const Request& request, const GetToken& message) override;
    std::optional<Command> command_report(const Request& request, const CommandReport& report) override;

private:
    /// For Authenticate: a certificate nobody has used is the device's from now on.
    void authorize_enrolling(const Request& request, const Message& message);
    /// For every other message.
    void authorize(const Request& request, const Message& message);

    bool is_renewal(const EnrollmentId& device, const IdentityCertificate& certificate);
    void settle(ClaimOutcome outcome, const EnrollmentId& device, const IdentityCertificate& certificate,
                std::string_view occasion) const;
    void refuse(const EnrollmentId& device, const IdentityCertificate& certificate,
                std::string_view why) const;

    Service& next_;
    CertAuthStore& store_;
    const CertAuthOptions options_;
    const RenewalRule is_renewal_;
};

} // namespace nanomdm::service
