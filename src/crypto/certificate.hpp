// X.509 certificates in OpenSSL's form: reading, writing, their times. Internal to crypto/.
#pragma once

#include "crypto/openssl.hpp"
#include "nanomdm/mdm/push_info.hpp"
#include "nanomdm/mdm/request.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::crypto {

/// @return null unless `der` is exactly one certificate with times that can be read.
[[nodiscard]] CertificatePtr certificate_from_der(std::string_view der);

/// Every certificate of a PEM text; other blocks are skipped.
/// @throws Error{Errc::invalid} naming `what` and the certificate that cannot be parsed.
[[nodiscard]] std::vector<CertificatePtr> certificates_from_pem(std::string_view pem, std::string_view what);

[[nodiscard]] std::string der_of(X509* certificate);

/// Times beyond what TimePoint can hold («no expiry», the year 9999) become its first or last moment.
[[nodiscard]] TimePoint not_before_of(const X509* certificate);
[[nodiscard]] TimePoint not_after_of(const X509* certificate);

[[nodiscard]] std::shared_ptr<const IdentityCertificate> identity_of(X509* certificate);

} // namespace nanomdm::crypto
