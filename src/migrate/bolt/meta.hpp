// The two meta pages, of which one counts.
#pragma once

#include "migrate/bolt/format.hpp"
#include "migrate/bolt/mapped_file.hpp"

#include <string>

namespace nanomdm::migrate::bolt {

struct Meta {
    std::uint32_t page_size = 0;
    PageId root = 0;       ///< of the bucket that holds the top-level buckets
    PageId freelist = 0;   ///< format::no_freelist: there is none
    PageId high_water = 0; ///< one more than the last page's
    std::uint64_t transaction = 0;
    /// Empty unless only one meta is good: what is wrong with the other. A writer that is killed while it
    /// writes a meta leaves such a file, and the good meta is the state before that transaction.
    std::string other_is_bad = {};
};

/// @return the valid meta with the higher transaction; its pages lie within the file.
/// @throws Error{Errc::corrupt} when the file is no Bolt database, of another version, damaged in both metas,
/// or shorter than the meta says.
[[nodiscard]] Meta choose_meta(const MappedFile& file);

} // namespace nanomdm::migrate::bolt
