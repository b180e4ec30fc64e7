// The one place where the project's errors become HTTP status codes.
#pragma once

#include "nanomdm/error.hpp"

#include <string_view>

namespace nanomdm::http {

[[nodiscard]] unsigned status_of(Errc code) noexcept;
/// The same, but an upstream's refusal keeps its own status.
[[nodiscard]] unsigned status_of(const Error& error) noexcept;

/// "Not Found" for 404; "Status" for a code without a registered phrase.
[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

} // namespace nanomdm::http
