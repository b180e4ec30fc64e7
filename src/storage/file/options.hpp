// What an administrator and a test can set on the file backend.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace nanomdm::storage {

namespace file {

class Files;

struct JournalLimits {
    std::uint64_t segment_bytes = std::uint64_t{8} << 20;
    /// Records that the plain files do not have yet; over it, a few operations that write wait.
    std::uint64_t backlog_bytes = std::uint64_t{256} << 20;
    /// Then they fail with Errc::unavailable; those that are too many to wait, at once.
    std::chrono::milliseconds longest_wait{250};
};

} // namespace file

struct FileOptions {
    std::filesystem::path directory;
    /// False: an empty store is made where there is none.
    bool must_exist = false;
    /// `delete=1`: a command and its result go once it is answered, its body when nobody needs it any more.
    bool delete_finished = false;
    /// `retention=30d`: results of months that ended before that, and commands that were enqueued before that
    /// and that no queue refers to, are removed in the background.
    std::optional<std::chrono::seconds> retention = std::nullopt;

    file::JournalLimits journal = {};
    /// How long the plain files may follow behind the journal, and how much may wait in memory for them.
    std::chrono::milliseconds checkpoint_interval{5000};
    std::uint64_t unwritten_bytes = std::uint64_t{16} << 20;
    /// A file of the webhook's events is followed by the next one at this size.
    std::uint64_t event_file_bytes = std::uint64_t{16} << 20;
    /// How long «last seen» may stay in memory alone.
    std::chrono::milliseconds last_seen_interval{2000};
    /// False: nothing happens but what is called (tests).
    bool has_background_thread = true;
    file::Files* files = nullptr; ///< null: the operating system's
};

} // namespace nanomdm::storage
