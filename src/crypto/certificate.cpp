// Reads and writes certificates with OpenSSL.
#include "crypto/certificate.hpp"

#include "crypto/digest.hpp"
#include "crypto/pem.hpp"
#include "nanomdm/error.hpp"

#include <algorithm>
#include <climits>
#include <ctime>
#include <optional>

namespace nanomdm::crypto {
namespace {

std::optional<TimePoint> time_of(const ASN1_TIME* time) {
    std::tm calendar{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &calendar) != 1) return std::nullopt;
    using std::chrono::seconds;
    const seconds since_epoch{timegm(&calendar)};
    // TimePoint counts nanoseconds and ends in 2262; certificates go on to 9999.
    const auto first = std::chrono::ceil<seconds>(TimePoint::min().time_since_epoch());
    const auto last = std::chrono::floor<seconds>(TimePoint::max().time_since_epoch());
    return TimePoint{std::clamp(since_epoch, first, last)};
}

} // namespace

CertificatePtr certificate_from_der(std::string_view der) {
    if (der.empty() || der.size() > static_cast<std::size_t>(INT_MAX)) return nullptr;
    const unsigned char* at = data_of(der);
    CertificatePtr certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
    const bool usable = certificate && at == data_of(der) + der.size() &&
                        time_of(X509_get0_notBefore(certificate.get())) &&
                        time_of(X509_get0_notAfter(certificate.get()));
    forget_errors();
    return usable ? std::move(certificate) : nullptr;
}

std::vector<CertificatePtr> certificates_from_pem(std::string_view pem, std::string_view what) {
    std::vector<CertificatePtr> certificates;
    for (const auto& block : read_pem(pem)) {
        if (block.label != "CERTIFICATE") continue;
        auto certificate = block.der ? certificate_from_der(*block.der) : nullptr;
        if (!certificate)
            throw Error{Errc::invalid, std::string{what} + ": certificate " +
                                           std::to_string(certificates.size() + 1) + " cannot be parsed"};
        certificates.push_back(std::move(certificate));
    }
    return certificates;
}

std::string der_of(X509* certificate) {
    const int size = i2d_X509(certificate, nullptr);
    if (size <= 0) throw Error{Errc::internal, "cannot encode a certificate: " + last_error()};
    std::string der(static_cast<std::size_t>(size), '\0');
    unsigned char* at = data_of(der);
    i2d_X509(certificate, &at);
    return der;
}

TimePoint not_before_of(const X509* certificate) {
    return time_of(X509_get0_notBefore(certificate)).value_or(TimePoint::max());
}

TimePoint not_after_of(const X509* certificate) {
    return time_of(X509_get0_notAfter(certificate)).value_or(TimePoint::min());
}

std::shared_ptr<const IdentityCertificate> identity_of(X509* certificate) {
    auto der = der_of(certificate);
    auto hash = sha256_hex(der);
    auto pem = write_pem("CERTIFICATE", der);
    return std::make_shared<const IdentityCertificate>(
        IdentityCertificate{std::move(hash), std::move(der), std::move(pem), not_before_of(certificate),
                            not_after_of(certificate)});
}

} // namespace nanomdm::crypto
