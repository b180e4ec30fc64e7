// The bytes of a journal segment: framed records, flushed in groups, in a file that may have been
// filled with zeros or an older segment before.
#pragma once

#include "storage/file/record.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace nanomdm::storage::file {

/// In front of each record. Little-endian; records begin at multiples of 8 bytes.
struct Frame {
    static constexpr std::size_t bytes = 24;

    std::uint32_t size = 0; ///< of the record, without frame and padding
    Lsn lsn = 0;
    std::uint32_t place_in_group = 0; ///< records flushed together share one group; 0 for its first
    std::uint32_t record_crc = 0;

    /// With its own checksum in front.
    void append_to(std::string& buffer) const;
    /// nullopt when `bytes` does not start with a frame.
    [[nodiscard]] static std::optional<Frame> decoded(std::string_view bytes);

    [[nodiscard]] std::size_t padded_size() const noexcept { return (bytes + size + 7) / 8 * 8; }
    [[nodiscard]] Lsn group() const noexcept { return lsn - place_in_group; }
};

struct ScannedSegment {
    std::uint64_t end = 0; ///< where the last good record ends
    Lsn next = 0;          ///< the number that would follow it
};

/// Reads records from the front of a segment until one is missing or damaged.
/// @param first the number its first record must have.
ScannedSegment scan_segment(std::string_view bytes, Lsn first,
                            const std::function<void(Lsn, std::string_view record)>& each);

/// Whether what stopped a scan is damage and not the torn tail of the last flush: some record of a later
/// group is intact behind it, so the group of the bad one had been flushed and acknowledged.
/// @return that record's offset.
[[nodiscard]] std::optional<std::uint64_t> later_group(std::string_view bytes, const ScannedSegment& scanned);

/// Segments are named by the number of their first record, 16 hexadecimal digits.
[[nodiscard]] std::string segment_name(Lsn first);
/// nullopt for any other name.
[[nodiscard]] std::optional<Lsn> segment_first(std::string_view name);
/// Those waiting to be used: `spare-N`.
[[nodiscard]] std::string spare_name(unsigned number);
[[nodiscard]] std::optional<unsigned> spare_number(std::string_view name);

} // namespace nanomdm::storage::file
