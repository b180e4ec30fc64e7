// What a device's request brings besides its message: who signed it, its URL parameters, its trace.
#pragma once

#include "nanomdm/mdm/push_info.hpp"

#include <map>
#include <memory>
#include <string>

namespace nanomdm {

/// A device's identity certificate whose chain was verified.
struct IdentityCertificate {
    std::string hash; ///< lowercase hex SHA-256 of the DER, 64 characters
    std::string der;
    std::string pem; ///< the same certificate; what is stored at Authenticate
    TimePoint not_before;
    TimePoint not_after;
};

struct Request {
    /// Null only where no certificate is asked for (the migration endpoint).
    std::shared_ptr<const IdentityCertificate> certificate;
    /// First value of each URL query parameter; travels to the webhook.
    std::map<std::string, std::string> url_params;
    /// 16 hex digits; names this request in the log and to upstreams.
    std::string trace_id;
};

} // namespace nanomdm
