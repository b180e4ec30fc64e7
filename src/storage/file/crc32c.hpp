// The checksum of everything stored here: CRC-32C (Castagnoli), as in RFC 3720 appendix B.4.
#pragma once

#include <cstdint>
#include <string_view>

namespace nanomdm::storage::file {

/// @param before the checksum of the bytes in front of these, to go on from.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0) noexcept;

/// The portable way, which crc32c takes where the processor has no instruction for it.
[[nodiscard]] std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t before = 0) noexcept;

} // namespace nanomdm::storage::file
