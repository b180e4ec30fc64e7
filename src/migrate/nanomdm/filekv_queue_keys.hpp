// Which items the queue of an enrollment has ever had, from the names in the queue's bucket.
#pragma once

#include "migrate/nanomdm/filekv_bucket.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace nanomdm::migrate {

/// What the store holds of one command in one queue, by the keys that are there.
struct FileKvItem {
    std::string uuid;
    bool has_next = false;
    bool has_prev = false;
    bool has_status = false;
    bool has_report = false;
};

/// A fleet's whole history can lie in one directory. Then it is read part by part, IDs being spread over the
/// parts: enrollments asked for in the order of part_of() cost one reading of the directory a part.
class FileKvQueueKeys {
public:
    FileKvQueueKeys(const FileKvBucket& queue, std::size_t names_held)
        : queue_{queue}, names_held_{names_held} {}

    /// Stable as long as the store is.
    [[nodiscard]] std::size_t part_of(const std::string& id);
    /// Ordered by UUID.
    [[nodiscard]] std::vector<FileKvItem> items_of(const std::string& id);

private:
    void load(const FileKvBucket::Leaf& leaf, std::size_t part);
    [[nodiscard]] std::size_t parts_in(const FileKvBucket::Leaf& leaf);

    const FileKvBucket& queue_;
    const std::size_t names_held_;
    std::optional<FileKvBucket::Leaf> counted_leaf_;
    std::size_t parts_ = 1;
    std::optional<FileKvBucket::Leaf> loaded_leaf_;
    std::size_t loaded_part_ = 0;
    std::vector<std::string> keys_; ///< of the loaded part, sorted
};

} // namespace nanomdm::migrate
