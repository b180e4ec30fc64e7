// Reading what an administrator uploads as push certificate.
#pragma once

#include "nanomdm/storage/push_store.hpp"

#include <string>
#include <string_view>

namespace nanomdm {

struct ParsedPushCertificate {
    PushCertificate certificate; ///< re-encoded: certificate_pem and private_key_pem hold one block each
    TimePoint not_after;
};

/// An MDM push certificate and its private key (PKCS#8, RSA or EC), unencrypted PEM in any order, possibly
/// with no newline between the blocks. Of several certificates the last counts, as in NanoMDM. The topic
/// is the subject's UID (0.9.2342.19200300.100.1.1). Expired certificates are read all the same.
/// @throws Error{Errc::invalid} saying what is missing, encrypted, not PEM, or does not belong together.
[[nodiscard]] ParsedPushCertificate parse_push_certificate(std::string_view pem);

/// NotAfter of the first certificate. @throws Error{Errc::invalid} when there is none.
[[nodiscard]] TimePoint certificate_not_after(std::string_view pem);

} // namespace nanomdm
