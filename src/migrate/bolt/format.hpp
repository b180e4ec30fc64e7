// Bolt's file format, as far as a reader needs it. The bbolt project documents it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nanomdm::migrate::bolt {

using PageId = std::uint64_t;

namespace format {

constexpr std::uint32_t magic = 0xED0CDAED;
constexpr std::uint32_t version = 2;

/// Of a page: id u64, flags u16, count u16, overflow u32. Everything is little-endian.
constexpr std::size_t page_header_size = 16;
constexpr std::uint16_t branch_page = 0x01, leaf_page = 0x02, freelist_page = 0x10;

/// Of a branch's element: pos u32, ksize u32, child u64; of a leaf's: flags u32, pos u32, ksize u32,
/// vsize u32. `pos` counts from the element; the value follows the key.
constexpr std::size_t element_size = 16;
constexpr std::uint32_t bucket_element = 0x01;

/// Of a bucket's value: root page u64, sequence u64. Root 0: an inline page follows.
constexpr std::size_t bucket_header_size = 16;

/// Behind the header of pages 0 and 1: magic u32, version u32, page size u32, flags u32, root u64,
/// sequence u64, freelist u64, high-water page u64, transaction u64, FNV-1a 64 of all these u64.
constexpr std::size_t meta_size = 64;
constexpr PageId first_page_after_metas = 2;
/// In a meta: the database was written without one.
constexpr PageId no_freelist = ~PageId{0};
/// In a freelist's header: the real count is its first entry.
constexpr std::uint16_t many_free_pages = 0xFFFF;

constexpr std::uint32_t smallest_page = 512, largest_page = 16 * 1024 * 1024;

/// Branches and buckets within each other. Bolt's trees of any size have a handful.
constexpr std::size_t max_depth = 64;

} // namespace format

/// @pre `at + sizeof(T)` is within the bytes.
template <std::unsigned_integral T> [[nodiscard]] T load(std::string_view bytes, std::size_t at) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return static_cast<T>(value);
}

} // namespace nanomdm::migrate::bolt
