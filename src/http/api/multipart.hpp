// Splits a multipart/form-data body into its parts (RFC 7578, RFC 2046 5.1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::http {

struct FormPart {
    std::string name;
    std::string body;
};

/// @throws Error{Errc::invalid} when the boundary is missing or the body is not closed by it.
[[nodiscard]] std::vector<FormPart> parse_multipart(std::string_view content_type, std::string_view body);

} // namespace nanomdm::http
