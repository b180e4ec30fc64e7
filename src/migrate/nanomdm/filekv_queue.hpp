// The queues of a `filekv` store: linked lists of UUIDs, the commands and the reports apart.
#pragma once

#include "migrate/nanomdm/filekv_bucket.hpp"
#include "migrate/nanomdm/filekv_queue_keys.hpp"
#include "migrate/nanomdm/findings.hpp"
#include "migrate/nanomdm/linked_queue.hpp"
#include "nanomdm/storage/import_store.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace nanomdm::migrate {

class FileKvQueues {
public:
    FileKvQueues(const Directory& root, std::size_t names_held);

    /// See FileKvQueueKeys.
    [[nodiscard]] std::size_t part_of(const std::string& id) { return keys_.part_of(id); }

    /// What is finished or cleared, in the order of the reports; then what is pending, in the order of the
    /// queue. Of a queue that NanoMDM lost hold of, what was enqueued since the device enrolled is pending.
    /// @param authenticated_at when the device enrolled
    [[nodiscard]] std::vector<ImportedCommand>
    commands_of(const std::string& id, std::optional<TimePoint> authenticated_at, Findings& findings);

    /// IDs that something is queued for, in the bucket's order; one leaf of it at a time.
    [[nodiscard]] std::vector<FileKvBucket::Leaf> leaves() const { return by_enrollment_.leaves(); }
    [[nodiscard]] std::vector<std::string> queued_ids(const FileKvBucket::Leaf& leaf) const;
    /// The commands pending for an ID.
    [[nodiscard]] std::vector<std::string> pending_names(const std::string& id);

private:
    struct Read {
        ImportedCommand command;
        TimePoint reported_at;
    };
    class Queue;

    [[nodiscard]] std::vector<FileKvItem> items_of(const std::string& id);
    [[nodiscard]] QueueLinks links_of(const std::string& id, const std::vector<FileKvItem>& items) const;

    // The same bucket: one object stays in the directory of the enrollments, one goes to the commands'.
    const FileKvBucket by_enrollment_;
    const FileKvBucket by_command_;
    FileKvQueueKeys keys_;
};

} // namespace nanomdm::migrate
