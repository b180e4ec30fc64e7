// The rules of NanoMDM's certificate authorization, and renewal.
#include "service/cert_auth.hpp"

#include "crypto/digest.hpp"
#include "crypto/pem.hpp"
#include "log/log.hpp"

#include <utility>

namespace nanomdm::service {
namespace {

const IdentityCertificate& certificate_of(const Request& request) {
    if (!request.certificate) throw Error{Errc::invalid, "no identity certificate"};
    return *request.certificate;
}

/// The hash of the first certificate of a PEM text; empty when there is none.
std::string hash_of_pem(const std::string& pem) {
    for (const crypto::PemBlock& block : crypto::read_pem(pem)) {
        if (block.label == "CERTIFICATE" && block.der) return sha256_hex(*block.der);
    }
    return {};
}

} // namespace

CertAuth::CertAuth(Service& next, CertAuthStore& store, CertAuthOptions options, RenewalRule is_renewal)
    : next_{next}, store_{store}, options_{options}, is_renewal_{std::move(is_renewal)} {}

void CertAuth::authorize_enrolling(const Request& request, const Message& message) {
    const IdentityCertificate& certificate = certificate_of(request);
    const EnrollmentId& device = message.enrollment.device();
    settle(store_.claim_certificate(device, certificate.hash, ClaimRule::unknown_certificate), device,
           certificate, "certificate associated");
}

void CertAuth::authorize(const Request& request, const Message& message) {
    const IdentityCertificate& certificate = certificate_of(request);
    const EnrollmentId& device = message.enrollment.device();
    if (store_.is_associated(device, certificate.hash)) return;

    if (options_.renewal && is_renewal(device, certificate)) {
        settle(store_.renew_certificate(device, certificate), device, certificate, "certificate renewed");
    } else if (options_.retro) {
        settle(store_.claim_certificate(device, certificate.hash, ClaimRule::first_certificate), device,
               certificate, "certificate associated retroactively");
    } else {
        settle(store_.claim_certificate(device, certificate.hash, ClaimRule::allowed_first), device,
               certificate, "certificate associated as the import allowed");
    }
}

bool CertAuth::is_renewal(const EnrollmentId& device, const IdentityCertificate& certificate) {
    const auto pem = store_.identity_pem(device);
    if (!pem) return false;
    const std::string previous = hash_of_pem(*pem);
    // Not every identity stored was authorized: warn_only lets refused devices enroll.
    if (previous.empty() || !store_.is_associated(device, previous)) return false;
    // Equal when another request of the device has renewed it since authorize() looked.
    return previous == certificate.hash || is_renewal_(certificate, *pem);
}

void CertAuth::settle(ClaimOutcome outcome, const EnrollmentId& device,
                      const IdentityCertificate& certificate, std::string_view occasion) const {
    switch (outcome) {
    case ClaimOutcome::already_associated:
        return;
    case ClaimOutcome::newly_associated:
        log::info(occasion, {{"id", device.str()}, {"hash", certificate.hash}});
        return;
    case ClaimOutcome::certificate_of_another_device:
        return refuse(device, certificate, "associated with another device");
    case ClaimOutcome::device_has_another_certificate:
        return refuse(device, certificate, "the device has another certificate");
    case ClaimOutcome::not_allowed:
        return refuse(device, certificate, "not associated with this device");
    }
}

void CertAuth::refuse(const EnrollmentId& device, const IdentityCertificate& certificate,
                      std::string_view why) const {
    log::warning(options_.warn_only ? "certificate would be refused" : "certificate refused",
                 {{"id", device.str()}, {"hash", certificate.hash}, {"reason", std::string{why}}});
    if (!options_.warn_only) throw Error{Errc::forbidden, "certificate refused: " + std::string{why}};
}

void CertAuth::authenticate(const Request& request, const Authenticate& message) {
    authorize_enrolling(request, message);
    next_.authenticate(request, message);
}

int CertAuth::token_update(const Request& request, const TokenUpdate& message) {
    authorize(request, message);
    return next_.token_update(request, message);
}

void CertAuth::check_out(const Request& request, const CheckOut& message) {
    authorize(request, message);
    next_.check_out(request, message);
}

UserAuthenticateAnswer CertAuth::user_authenticate(const Request& request, const UserAuthenticate& message) {
    authorize(request, message);
    return next_.user_authenticate(request, message);
}

void CertAuth::set_bootstrap_token(const Request& request, const SetBootstrapToken& message) {
    authorize(request, message);
    next_.set_bootstrap_token(request, message);
}

std::optional<std::string> CertAuth::bootstrap_token(const Request& request,
                                                     const GetBootstrapToken& message) {
    authorize(request, message);
    return next_.bootstrap_token(request, message);
}

std::string CertAuth::declarative_management(const Request& request, const DeclarativeManagement& message) {
    authorize(request, message);
    return next_.declarative_management(request, message);
}

std::string CertAuth::token(const Request& request, const GetToken& message) {
    authorize(request, message);
    return next_.token(request, message);
}

std::optional<Command> CertAuth::command_report(const Request& request, const CommandReport& report) {
    authorize(request, report);
    return next_.command_report(request, report);
}

} // namespace nanomdm::service
