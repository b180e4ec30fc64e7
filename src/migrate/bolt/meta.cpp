// Reading one meta, finding the second without the first, and choosing.
#include "migrate/bolt/meta.hpp"

#include "nanomdm/error.hpp"

#include <bit>
#include <optional>

namespace nanomdm::migrate::bolt {
namespace {

/// FNV-1a, 64 bits.
std::uint64_t checksum(std::string_view bytes) {
    std::uint64_t sum = 14695981039346656037U;
    for (const char byte : bytes) sum = (sum ^ static_cast<unsigned char>(byte)) * 1099511628211U;
    return sum;
}

/// A meta, or what is wrong with it.
struct Found {
    std::optional<Meta> meta = {};
    std::string wrong = {};
    bool is_bolt = false;          ///< it has the magic number
    bool is_other_version = false; ///< and is whole
};

Found read_meta(const MappedFile& file, PageId page, std::uint64_t offset) {
    Found found;
    const auto say = [&](const std::string& what) {
        found.wrong =
            "meta page " + std::to_string(page) + " at offset " + std::to_string(offset) + " " + what;
        return found;
    };
    const auto start = offset + format::page_header_size;
    if (start + format::meta_size > file.size()) return say("is behind the end of the file");
    const auto bytes = file.bytes(start, format::meta_size);
    found.is_bolt = load<std::uint32_t>(bytes, 0) == format::magic;
    if (!found.is_bolt) return say("has no magic number");
    constexpr auto summed = format::meta_size - sizeof(std::uint64_t);
    if (load<std::uint64_t>(bytes, summed) != checksum(bytes.substr(0, summed)))
        return say("has a wrong checksum");
    const auto version = load<std::uint32_t>(bytes, 4);
    found.is_other_version = version != format::version;
    if (found.is_other_version) return say("is of version " + std::to_string(version));
    Meta meta{.page_size = load<std::uint32_t>(bytes, 8),
              .root = load<std::uint64_t>(bytes, 16),
              .freelist = load<std::uint64_t>(bytes, 32),
              .high_water = load<std::uint64_t>(bytes, 40),
              .transaction = load<std::uint64_t>(bytes, 48)};
    if (!std::has_single_bit(meta.page_size) || meta.page_size < format::smallest_page ||
        meta.page_size > format::largest_page)
        return say("has a page size of " + std::to_string(meta.page_size));
    if (page == 1 && meta.page_size != offset) return say("has the page size of another place");
    found.meta = std::move(meta);
    return found;
}

/// The second lies one page on, and how long a page is, the first says; if it does not, the second is where
/// it says itself that it is.
Found read_second(const MappedFile& file, const Found& first) {
    if (first.meta) return read_meta(file, 1, first.meta->page_size);
    Found best{.wrong = "meta page 1 is not found either"};
    for (std::uint64_t size = format::smallest_page; size <= format::largest_page; size *= 2) {
        auto found = read_meta(file, 1, size);
        if (found.meta || found.is_other_version) return found;
        if (found.is_bolt) best = std::move(found);
    }
    return best;
}

[[noreturn]] void refuse(const MappedFile& file, const Found& first, const Found& second) {
    if (!first.is_bolt && !second.is_bolt)
        throw Error{Errc::corrupt, file.name() + " is not a Bolt database: " + first.wrong};
    if (first.is_other_version || second.is_other_version)
        throw Error{Errc::corrupt, file.name() + " has a format this server does not read: " +
                                       (first.is_other_version ? first : second).wrong};
    throw Error{Errc::corrupt,
                file.name() + ": both metas are damaged: " + first.wrong + "; " + second.wrong};
}

Meta choose(const MappedFile& file) {
    auto first = read_meta(file, 0, 0);
    auto second = read_second(file, first);
    if (!first.meta && !second.meta) refuse(file, first, second);
    if (!first.meta || !second.meta) {
        auto meta = first.meta ? *first.meta : *second.meta;
        meta.other_is_bad = first.meta ? second.wrong : first.wrong;
        return meta;
    }
    return second.meta->transaction > first.meta->transaction ? *second.meta : *first.meta;
}

} // namespace

Meta choose_meta(const MappedFile& file) {
    auto meta = choose(file);
    if (meta.high_water > file.size() / meta.page_size)
        throw Error{Errc::corrupt, file.name() + " is cut off at offset " + std::to_string(file.size()) +
                                       ": it has " + std::to_string(meta.high_water) + " pages of " +
                                       std::to_string(meta.page_size) + " bytes"};
    return meta;
}

} // namespace nanomdm::migrate::bolt
