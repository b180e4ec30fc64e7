// The ID that ties a request's log lines, and what is sent upstream for it, together.
#pragma once

#include <string>

namespace nanomdm::http {

/// 16 hex digits, unique among the requests of all processes for all practical purposes. Not a secret, and
/// taken from nothing a client sends. Any thread.
[[nodiscard]] std::string make_trace_id();

} // namespace nanomdm::http
