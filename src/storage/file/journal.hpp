// The write-ahead journal: what is recorded here and flushed has happened. One flush commits everything
// that was waiting for it.
#pragma once

#include "storage/file/files.hpp"
#include "storage/file/journal_reader.hpp"
#include "storage/file/options.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::storage::file {

/// Any number of threads. The thread that finds no flush under way flushes for everybody (leader and
/// followers): no thread of its own, so that an operation costs no hand-over.
/// A failed write or flush ends the process: what the disk holds is unknown from then on, and a second
/// flush would report success for pages the kernel has dropped.
class Journal {
public:
    /// Cuts a torn tail, removes leftovers, and goes on in a fresh segment.
    Journal(Files& files, std::string directory, const JournalReader& found, JournalLimits limits);

    /// Cuts the torn tail of what was found and makes the rest durable: a killed process may have left
    /// records with the kernel alone. Before anything is written on their word.
    static void secure(Files& files, const JournalReader& found);

    /// Call before an operation decides anything. While the plain files are too far behind, a few callers
    /// wait a moment, and the rest are refused at once, so that threads are left for reading.
    /// @throws Error{Errc::unavailable} when they stay behind, or the disk is full.
    void admit();
    /// Nothing is let in: for those who write unasked.
    [[nodiscard]] bool is_disk_full() const noexcept { return disk_is_full_.load(std::memory_order_relaxed); }

    /// Queues a record; the caller's lock makes the order of calls the order of records. Does no I/O.
    /// @throws Error{Errc::too_large} over a GiB; whatever it throws, nothing is queued.
    Lsn append(std::string_view record);
    /// Returns when the record and all before it are durable.
    void wait_durable(Lsn lsn);
    [[nodiscard]] bool is_durable(Lsn lsn) const noexcept {
        return durable_.load(std::memory_order_acquire) >= lsn;
    }
    /// The last number given out.
    [[nodiscard]] Lsn last() const noexcept { return last_.load(std::memory_order_acquire); }
    /// All bytes ever queued in this run; a position for settle() and for measuring distances.
    [[nodiscard]] std::uint64_t position() const noexcept {
        return position_.load(std::memory_order_acquire);
    }

    /// The plain files hold everything up to this position.
    void settle(std::uint64_t position);
    [[nodiscard]] std::uint64_t backlog() const noexcept {
        return position_.load(std::memory_order_acquire) - settled_.load(std::memory_order_acquire);
    }
    /// Removes or recycles segments whose records all come before `oldest_needed`.
    void drop_before(Lsn oldest_needed);
    /// Readies segments for after the current one, so that no operation waits for that. The last of them is
    /// for what was let in before the disk was found to be full. Background thread.
    void prepare_spare();

private:
    struct Closed {
        Lsn next = 0;
        std::string path;
    };

    void flush(std::unique_lock<std::mutex>& lock);
    void write_group(std::string_view group, Lsn first) noexcept;
    void start_segment(Lsn first);
    std::string next_spare_path();
    std::string make_spare();
    void keep_spares(const JournalReader& found);
    void disk_is_full(const FileError& error);
    template <class Operation> void once_there_is_room(Operation operation);

    Files& files_;
    const std::string directory_;
    const JournalLimits limits_;

    std::mutex mutex_;
    std::string queued_;   ///< framed records of the next group
    Lsn queued_first_ = 0; ///< the number of the first of them
    bool flushing_ = false;
    Lsn flushing_last_ = 0;
    unsigned flush_number_ = 0;
    std::condition_variable waiters_[2]; ///< of this flush and of the next, by flush number

    std::atomic<Lsn> last_;
    std::atomic<Lsn> durable_;
    std::atomic<std::uint64_t> position_{0};

    // Of the leader alone.
    std::string group_;
    std::optional<OpenFile> segment_;
    std::uint64_t segment_end_ = 0;

    std::mutex settle_mutex_;
    std::condition_variable settled_some_;
    std::atomic<std::uint64_t> settled_{0};
    std::atomic<unsigned> waiting_{0};
    std::atomic<bool> disk_is_full_{false};

    std::mutex segments_mutex_;
    std::deque<Closed> closed_; ///< oldest first
    std::vector<std::string> spares_;
    unsigned spare_number_ = 0;
};

} // namespace nanomdm::storage::file
