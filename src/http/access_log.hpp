// One line per request.
#pragma once

#include "http/message.hpp"

#include <chrono>
#include <cstdint>

namespace nanomdm::http {

/// Method, path without query, status, body bytes sent, milliseconds since the request's first byte, client.
void log_access(const HttpRequest& request, unsigned status, std::uint64_t bytes,
                std::chrono::steady_clock::duration elapsed);

} // namespace nanomdm::http
