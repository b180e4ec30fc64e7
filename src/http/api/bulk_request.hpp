// The body of the calls that name their IDs in it: JSON, or a form as curl -F sends it.
#pragma once

#include "http/message.hpp"

#include <string>
#include <vector>

namespace nanomdm::http {

struct BulkRequest {
    std::vector<std::string> ids;
    std::string command; ///< the raw property list; empty when there is none
    bool no_push = false;
};

/// Reads `application/json` or `multipart/form-data` (RFC 7578; part `ids` one ID a line, any number of
/// parts; part `command` the property list; part `no_push` not empty).
/// @throws Error{Errc::invalid} for any other type, a malformed body or no IDs.
[[nodiscard]] BulkRequest parse_bulk_request(const HttpRequest& http);

} // namespace nanomdm::http
