// Any CMS signature, by OpenSSL: slow and complete. Internal to crypto/.
#pragma once

#include "crypto/openssl.hpp"

#include <string_view>

namespace nanomdm::crypto {

/// Verifies a detached signature over `body`; not whether its signer is trusted.
/// @return the certificate of the one signer.
/// @throws Error{Errc::invalid} saying what is wrong.
[[nodiscard]] CertificatePtr verify_cms(std::string_view cms, std::string_view body);

} // namespace nanomdm::crypto
