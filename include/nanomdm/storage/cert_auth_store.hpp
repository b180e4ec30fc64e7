// Which identity certificate belongs to which device. Part of the storage interface.
#pragma once

#include "nanomdm/mdm/enrollment.hpp"
#include "nanomdm/mdm/request.hpp"

#include <optional>
#include <string>

namespace nanomdm {

/// When a certificate that is not yet associated with the device may be.
enum class ClaimRule {
    unknown_certificate, ///< the hash is associated with no device at all (Authenticate)
    first_certificate,   ///< that, and the device has no association either (`-retro`)
    allowed_first,       ///< that, and an import has allowed it (ImportedEnrollment::may_claim_first)
};

enum class ClaimOutcome {
    already_associated,
    newly_associated,
    certificate_of_another_device,  ///< refused, nothing stored
    device_has_another_certificate, ///< refused, nothing stored
    not_allowed,                    ///< refused by allowed_first, nothing stored
};

/// The append-only relation (device, certificate hash). A hash is 64 lowercase hex digits.
class CertAuthStore {
public:
    virtual ~CertAuthStore() = default;

    /// On the path of every device request: answered from memory or one indexed look-up.
    [[nodiscard]] virtual bool is_associated(const EnrollmentId& device, const std::string& hash) = 0;

    /// Associates if `rule` allows; of several devices racing with one certificate exactly one wins,
    /// also across processes. Durable when it returns.
    /// With first_certificate, a known hash of another device outranks the device's own association; with
    /// allowed_first, not being allowed outranks both, and costs no more than a look.
    virtual ClaimOutcome claim_certificate(const EnrollmentId& device, const std::string& hash,
                                           ClaimRule rule) = 0;

    /// Whose certificate it is; nullopt when it is associated with no device. Of several devices, which only
    /// NanoMDM may have let share one, always the same. One indexed look-up.
    [[nodiscard]] virtual std::optional<EnrollmentId> device_of_certificate(const std::string& hash) = 0;

    /// The PEM stored at Authenticate or at the last renewal; nullopt when there is none.
    [[nodiscard]] virtual std::optional<std::string> identity_pem(const EnrollmentId& device) = 0;

    /// Associates a renewed certificate and stores its PEM as the device's identity, in one step.
    /// @return newly_associated, already_associated or certificate_of_another_device.
    /// @throws Error{Errc::invalid} when the device never sent Authenticate.
    virtual ClaimOutcome renew_certificate(const EnrollmentId& device,
                                           const IdentityCertificate& certificate) = 0;
};

} // namespace nanomdm
