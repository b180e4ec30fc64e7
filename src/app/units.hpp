// Durations, sizes and truth as people write them on a command line.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace nanomdm::app {

/// "90s", "5m", "1h30m", "7d"; a bare number is seconds. @throws Error{Errc::invalid}
[[nodiscard]] std::chrono::seconds parse_duration(const std::string& text);
/// In the largest unit that divides it.
[[nodiscard]] std::string to_text(std::chrono::seconds duration);

/// "16777216", "16M", "64K", "1G" (powers of 1024, a trailing B or iB is allowed), in bytes.
/// @throws Error{Errc::invalid}
[[nodiscard]] std::uint64_t parse_size(const std::string& text);

/// Go's words for a boolean (strconv.ParseBool), and no others. @throws Error{Errc::invalid}
[[nodiscard]] bool parse_boolean(const std::string& word);

} // namespace nanomdm::app
