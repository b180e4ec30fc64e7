// Hashes, and comparing secrets.
#pragma once

#include <string>
#include <string_view>

namespace nanomdm {

/// FIPS 180-4. @return 32 raw bytes.
[[nodiscard]] std::string sha256(std::string_view bytes);
/// @return 64 lowercase hex digits.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
/// RFC 2104 with SHA-256; `key` of any length. @return 32 raw bytes.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view bytes);

/// Compares secrets. The time taken tells neither where they differ nor whether their lengths do: it
/// compares their hashes.
[[nodiscard]] bool constant_time_equal(std::string_view a, std::string_view b);

} // namespace nanomdm
