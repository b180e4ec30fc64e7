// When a device's new identity certificate is the renewal of its old one.
#pragma once

#include "nanomdm/mdm/request.hpp"

#include <string>

namespace nanomdm {

/// A device renews its SCEP identity without telling; `-cert-renewal` takes the new certificate for the
/// old one's successor. True when subject and subject alternative names are equal and `renewed` was
/// issued later (NotBefore). Means something only where the CA gives every device a subject or alternative
/// names of its own. False also when `previous_pem` is no certificate, or when there is
/// neither a subject nor an alternative name.
[[nodiscard]] bool is_renewal_of(const IdentityCertificate& renewed, const std::string& previous_pem);

} // namespace nanomdm
