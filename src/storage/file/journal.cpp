// Group commit, and the life of segments: spare, current, closed, recycled.
#include "storage/file/journal.hpp"

#include "log/log.hpp"
#include "storage/file/crc32c.hpp"
#include "storage/file/stop_process.hpp"

#include <algorithm>
#include <thread>

namespace nanomdm::storage::file {
namespace {

constexpr std::size_t most_spares = 3;
constexpr std::size_t wanted_spares = 2;
/// Callers that may wait for the plain files at a time: of 32 workers, most stay free for devices.
constexpr unsigned most_waiting = 4;
constexpr std::size_t largest_record = std::size_t{1} << 30;
constexpr std::chrono::milliseconds between_attempts{200};
constexpr std::size_t largest_kept_buffer = std::size_t{1} << 20;

} // namespace

Journal::Journal(Files& files, std::string directory, const JournalReader& found, JournalLimits limits)
    : files_{files},
      directory_{std::move(directory)}, limits_{limits}, last_{found.next() - 1}, durable_{found.next() - 1} {
    secure(files_, found);
    for (const auto& path : found.obsolete()) files_.remove(path);
    keep_spares(found);
    for (const auto& segment : found.segments()) {
        if (segment.next > segment.first) closed_.push_back({.next = segment.next, .path = segment.path});
    }
    start_segment(found.next());
}

void Journal::secure(Files& files, const JournalReader& found) {
    if (found.empty()) return;
    const auto& last = found.segments().back();
    auto file = files.open(last.path, OpenMode::update);
    if (last.end < last.size) file->truncate(last.end);
    file->sync_data();
}

/// With them, a store on a full disk can be opened.
void Journal::keep_spares(const JournalReader& found) {
    for (const unsigned number : found.spares()) {
        spare_number_ = std::max(spare_number_, number + 1);
        std::string path = directory_ + "/" + spare_name(number);
        const bool is_whole = files_.open(path, OpenMode::read)->size() == limits_.segment_bytes;
        if (is_whole && spares_.size() < most_spares)
            spares_.push_back(std::move(path));
        else
            files_.remove(path);
    }
}

void Journal::admit() {
    if (is_disk_full()) throw Error{Errc::unavailable, "the disk that holds the store is full"};
    if (backlog() <= limits_.backlog_bytes) return;
    bool caught_up = false;
    if (waiting_.fetch_add(1) < most_waiting) {
        std::unique_lock lock{settle_mutex_};
        caught_up = settled_some_.wait_for(lock, limits_.longest_wait,
                                           [this] { return backlog() <= limits_.backlog_bytes; });
    }
    waiting_.fetch_sub(1);
    if (!caught_up) throw Error{Errc::unavailable, "the plain files are too far behind the journal"};
}

Lsn Journal::append(std::string_view record) {
    if (record.size() > largest_record)
        throw Error{Errc::too_large, "a record of " + std::to_string(record.size()) + " bytes"};
    Frame frame{.size = static_cast<std::uint32_t>(record.size()), .record_crc = crc32c(record)};
    const std::lock_guard lock{mutex_};
    frame.lsn = last_.load(std::memory_order_relaxed) + 1;
    if (queued_.empty()) queued_first_ = frame.lsn;
    frame.place_in_group = static_cast<std::uint32_t>(frame.lsn - queued_first_);
    queued_.reserve(queued_.size() + frame.padded_size()); // from here on, nothing fails half way
    frame.append_to(queued_);
    queued_ += record;
    queued_.append(frame.padded_size() - Frame::bytes - record.size(), '\0');
    position_.fetch_add(frame.padded_size(), std::memory_order_release);
    last_.store(frame.lsn, std::memory_order_release);
    return frame.lsn;
}

void Journal::wait_durable(Lsn lsn) {
    if (is_durable(lsn)) return;
    std::unique_lock lock{mutex_};
    while (!is_durable(lsn)) {
        if (!flushing_) {
            flush(lock);
        } else {
            const unsigned mine = lsn <= flushing_last_ ? flush_number_ : flush_number_ + 1;
            waiters_[mine % 2].wait(lock);
        }
    }
}

/// Expects records in the queue: whoever waits for one that is not durable has queued it.
void Journal::flush(std::unique_lock<std::mutex>& lock) {
    flushing_ = true;
    flushing_last_ = last_.load(std::memory_order_relaxed);
    const Lsn first = queued_first_;
    group_.swap(queued_);
    lock.unlock();

    write_group(group_, first);
    group_.clear();
    if (group_.capacity() > largest_kept_buffer) group_.shrink_to_fit();

    lock.lock();
    durable_.store(flushing_last_, std::memory_order_release);
    flushing_ = false;
    const unsigned number = flush_number_++;
    waiters_[number % 2].notify_all();
    waiters_[(number + 1) % 2].notify_one(); // the next leader
}

/// What was let in before the disk was full waits here for space, unconfirmed: ending the process would only
/// bring it back to the same disk. A write that found no space changed nothing that was acknowledged.
template <class Operation> void Journal::once_there_is_room(Operation operation) {
    for (;;) {
        try {
            return operation();
        } catch (const FileError& error) {
            if (!error.is_full()) throw;
            disk_is_full(error);
        }
        std::this_thread::sleep_for(between_attempts);
    }
}

void Journal::disk_is_full(const FileError& error) {
    if (!disk_is_full_.exchange(true))
        log::error("the disk is full: refusing to store anything", {{"error", error.what()}});
}

void Journal::write_group(std::string_view group, Lsn first) noexcept try {
    if (segment_end_ > 0 && segment_end_ + group.size() > limits_.segment_bytes) {
        {
            const std::lock_guard lock{segments_mutex_};
            closed_.push_back({.next = first, .path = segment_->path()});
        }
        once_there_is_room([&] { start_segment(first); });
    }
    once_there_is_room([&] { segment_->write_at(group, segment_end_); });
    segment_->sync_data();
    segment_end_ += group.size();
} catch (const std::exception& error) {
    stop_process("the journal cannot be written", error);
}

void Journal::start_segment(Lsn first) {
    std::string spare;
    {
        const std::lock_guard lock{segments_mutex_};
        if (!spares_.empty()) {
            spare = std::move(spares_.back());
            spares_.pop_back();
        }
    }
    if (spare.empty()) spare = make_spare();
    const std::string path = directory_ + "/" + segment_name(first);
    files_.rename(spare, path);
    files_.sync_directory(directory_); // before anything in it is acknowledged
    segment_ = files_.open(path, OpenMode::update);
    segment_end_ = 0;
}

std::string Journal::next_spare_path() {
    const std::lock_guard lock{segments_mutex_};
    return directory_ + "/" + spare_name(spare_number_++);
}

/// Written with zeros to the end: then a flush has no metadata to write, 40 % more of them in a second.
std::string Journal::make_spare() {
    std::string path = next_spare_path();
    const std::string zeros(std::min<std::uint64_t>(limits_.segment_bytes, std::uint64_t{1} << 18), '\0');
    try {
        auto file = files_.open(path, OpenMode::overwrite);
        for (std::uint64_t at = 0; at < limits_.segment_bytes; at += zeros.size()) file->append(zeros);
        file->sync_data();
    } catch (...) {
        files_.remove(path); // a full disk's last space is not for this
        throw;
    }
    return path;
}

void Journal::prepare_spare() {
    const auto is_ready = [this] {
        const std::lock_guard lock{segments_mutex_};
        return spares_.size() >= wanted_spares;
    };
    try {
        while (!is_ready()) { // a checkpoint may recycle segments meanwhile
            std::string spare = make_spare();
            const std::lock_guard lock{segments_mutex_};
            spares_.push_back(std::move(spare));
        }
        if (disk_is_full_.exchange(false)) log::info("there is space on the disk again", {});
    } catch (const FileError& error) {
        if (!error.is_full()) throw;
        // The current segment and the last spare still take what is under way; nothing new is let in.
        disk_is_full(error);
    }
}

void Journal::settle(std::uint64_t position) {
    {
        const std::lock_guard lock{settle_mutex_};
        settled_ = position;
    }
    settled_some_.notify_all();
}

/// One at a time and without the lock, which a flush needs to go on to the next segment.
void Journal::drop_before(Lsn oldest_needed) {
    for (;;) {
        std::string path;
        bool is_spare_wanted = false;
        {
            const std::lock_guard lock{segments_mutex_};
            if (closed_.empty() || closed_.front().next > oldest_needed) return;
            path = closed_.front().path;
            is_spare_wanted = spares_.size() < most_spares;
        }
        std::optional<std::string> spare;
        if (is_spare_wanted) {
            const auto file = files_.open(path, OpenMode::read);
            // One cut by recovery is not worth keeping.
            if (file && file->size() == limits_.segment_bytes) spare = next_spare_path();
        }
        if (spare)
            files_.rename(path, *spare);
        else
            files_.remove(path);
        const std::lock_guard lock{segments_mutex_};
        closed_.pop_front();
        if (spare) spares_.push_back(std::move(*spare));
    }
}

} // namespace nanomdm::storage::file
