// Durations as Go writes them, since NanoMDM's DSNs have them.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace nanomdm::storage::mysql {

/// `1m30s`, `500ms`, `1.5h`, `0`: numbers with the units ns, us, µs, ms, s, m, h, no sign. Up to 10,000
/// hours. https://pkg.go.dev/time#ParseDuration
/// @return nullopt for anything else.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_go_duration(std::string_view text);

} // namespace nanomdm::storage::mysql
