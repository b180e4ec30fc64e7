// Comparing Content-Types, which are written without regard to case (RFC 9110 8.3.1).
#pragma once

#include "http/message.hpp"

namespace nanomdm::http {

/// Whether `content_type`, parameters or not, starts with `type`.
[[nodiscard]] inline bool is_media_type(std::string_view content_type, std::string_view type) noexcept {
    return equal_ignoring_case(content_type.substr(0, type.size()), type);
}

} // namespace nanomdm::http
