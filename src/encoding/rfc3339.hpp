// Points in time as text, by RFC 3339.
#pragma once

#include <chrono>
#include <string>

namespace nanomdm {

/// `2026-11-23T17:49:03.512Z`, in UTC. @param digits of the second's fraction, 0 to 9; the rest is cut off
[[nodiscard]] std::string rfc3339(std::chrono::system_clock::time_point time, unsigned digits = 0);

} // namespace nanomdm
