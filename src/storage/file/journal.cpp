// Group commit, and the life of segments: spare, current, closed, recycled.
#include "storage/file/journal.hpp"

#include "log/log.hpp"
#include "storage/file/crc32c.hpp"
#include "storage/file/stop_process.hpp"

#include <algorithm>

namespace nanomdm::storage::file {
namespace {

constexpr std::size_t most_spares = 3;
constexpr std::size_t largest_kept_buffer = std::size_t{1} << 20;

} // namespace

Journal::Journal(Files& files, std::string directory, const JournalReader& found, JournalLimits limits)
    : files_{files},
      directory_{std::move(directory)}, limits_{limits}, last_{found.next() - 1}, durable_{found.next() - 1} {
    for (const auto& path : found.obsolete()) files_.remove(path);
    for (const auto& segment : found.segments()) {
        const bool is_torn = &segment == &found.segments().back() && segment.end < segment.size;
        if (is_torn) {
            auto file = files_.open(segment.path, OpenMode::update);
            file->truncate(segment.end);
            file->sync_data();
        }
        if (segment.next > segment.first) closed_.push_back({.next = segment.next, .path = segment.path});
    }
    start_segment(found.next());
}

void Journal::admit() {
    if (disk_is_full_.load(std::memory_order_relaxed))
        throw Error{Errc::unavailable, "the disk that holds the store is full"};
    if (backlog() <= limits_.backlog_bytes) return;
    std::unique_lock lock{settle_mutex_};
    const bool caught_up = settled_some_.wait_for(lock, limits_.longest_wait,
                                                  [this] { return backlog() <= limits_.backlog_bytes; });
    if (!caught_up) throw Error{Errc::unavailable, "the plain files are too far behind the journal"};
}

Lsn Journal::append(std::string_view record) {
    Frame frame{.size = static_cast<std::uint32_t>(record.size()), .record_crc = crc32c(record)};
    const std::lock_guard lock{mutex_};
    frame.lsn = last_.load(std::memory_order_relaxed) + 1;
    if (queued_.empty()) queued_first_ = frame.lsn;
    frame.place_in_group = static_cast<std::uint32_t>(frame.lsn - queued_first_);
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

void Journal::write_group(std::string_view group, Lsn first) try {
    if (segment_end_ > 0 && segment_end_ + group.size() > limits_.segment_bytes) {
        {
            const std::lock_guard lock{segments_mutex_};
            closed_.push_back({.next = first, .path = segment_->path()});
        }
        start_segment(first);
    }
    segment_->write_at(group, segment_end_);
    segment_->sync_data();
    segment_end_ += group.size();
} catch (const Error& error) {
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

/// Written with zeros to the end: then a flush has no metadata to write, 40 % more of them in a second.
std::string Journal::make_spare() {
    std::string path;
    {
        const std::lock_guard lock{segments_mutex_};
        path = directory_ + "/spare-" + std::to_string(spare_number_++);
    }
    const std::string zeros(std::min<std::uint64_t>(limits_.segment_bytes, std::uint64_t{1} << 18), '\0');
    auto file = files_.open(path, OpenMode::overwrite);
    for (std::uint64_t at = 0; at < limits_.segment_bytes; at += zeros.size()) file->append(zeros);
    file->sync_data();
    return path;
}

void Journal::prepare_spare() {
    {
        const std::lock_guard lock{segments_mutex_};
        if (!spares_.empty()) return;
    }
    try {
        std::string spare = make_spare();
        disk_is_full_ = false;
        const std::lock_guard lock{segments_mutex_};
        spares_.push_back(std::move(spare));
    } catch (const FileError& error) {
        if (!error.is_full()) throw;
        // The current segment still takes what is under way; nothing new is let in.
        if (!disk_is_full_.exchange(true))
            log::error("the disk is full: refusing to store anything", {{"error", error.what()}});
    }
}

void Journal::settle(std::uint64_t position) {
    {
        const std::lock_guard lock{settle_mutex_};
        settled_ = position;
    }
    settled_some_.notify_all();
}

void Journal::drop_before(Lsn oldest_needed) {
    const std::lock_guard lock{segments_mutex_};
    while (!closed_.empty() && closed_.front().next <= oldest_needed) {
        const std::string& path = closed_.front().path;
        bool is_whole = false; // one cut by recovery is not worth keeping
        if (spares_.size() < most_spares) {
            const auto file = files_.open(path, OpenMode::read);
            is_whole = file && file->size() == limits_.segment_bytes;
        }
        if (is_whole) {
            std::string spare = directory_ + "/spare-" + std::to_string(spare_number_++);
            files_.rename(path, spare);
            spares_.push_back(std::move(spare));
        } else {
            files_.remove(path);
        }
        closed_.pop_front();
    }
}

} // namespace nanomdm::storage::file
