// The buffer and the thread that empties it; asleep while nothing is logged.
#include "log/buffered_sink.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace nanomdm::log {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_pending = 8UL * 1024 * 1024;
constexpr std::size_t enough = 32UL * 1024;
constexpr std::size_t kept_capacity = 256UL * 1024;
constexpr std::chrono::milliseconds longest_delay = 100ms;
constexpr std::chrono::milliseconds last_wait = 2s;
/// PIPE_BUF of Linux: a pipe that polls as writable takes this much without blocking, and in one piece.
constexpr std::size_t longest_chunk = 4096;

/// Whole lines, if they fit: other writers of the same pipe come between two chunks.
std::string_view next_chunk(std::string_view text) noexcept {
    if (text.size() <= longest_chunk) return text;
    const auto line_end = text.substr(0, longest_chunk).rfind('\n');
    return text.substr(0, line_end == std::string_view::npos ? longest_chunk : line_end + 1);
}

} // namespace

BufferedSink::BufferedSink(int fd, DroppedMessage dropped_message)
    : fd_{fd}, dropped_message_{std::move(dropped_message)}, flusher_{[this] { write_batches(); }} {}

BufferedSink::~BufferedSink() {
    wait_until_settled(last_wait);
    {
        const std::lock_guard lock{mutex_};
        ending_ = true;
        abandoned_ = true;
        wake_.notify_one();
    }
    flusher_.join();
}

void BufferedSink::sink_it_(const spdlog::details::log_msg& message) {
    try {
        take(message);
    } catch (...) { // no memory for it
        ++dropped_;
    }
    ++taken_;
    wake_flusher(pending_.size() >= enough);
}

void BufferedSink::take(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (full_ || pending_.size() + line.size() > most_pending) {
        full_ = true;
        ++dropped_;
    } else {
        pending_.append(line.data(), line.size());
    }
}

void BufferedSink::drop_line() {
    const std::lock_guard lock{mutex_};
    ++dropped_;
    ++taken_;
    wake_flusher(false);
}

void BufferedSink::flush_() {
    if (taken_ != settled_) wake_flusher(true);
}

/// Once for many lines: the flusher sleeps before the first, and then until it is urgent.
void BufferedSink::wake_flusher(bool at_once) {
    const bool first = taken_ == settled_ + 1;
    if (!first && (!at_once || urgent_)) return;
    urgent_ = urgent_ || at_once;
    wake_.notify_one();
}

bool BufferedSink::wait_until_settled(std::chrono::milliseconds longest) {
    std::unique_lock lock{mutex_};
    flush_();
    return batch_finished_.wait_for(lock, longest, [this, last = taken_] { return settled_ >= last; });
}

void BufferedSink::write_batches() {
    std::unique_lock lock{mutex_};
    for (;;) {
        wake_.wait(lock, [this] { return taken_ != settled_ || ending_; });
        if (taken_ == settled_) return;
        wake_.wait_for(lock, longest_delay, [this] { return urgent_ || ending_; });
        urgent_ = false;
        const auto told = tell_dropped();
        const auto last = taken_;
        full_ = false;
        writing_.swap(pending_);

        lock.unlock();
        const auto refused = write_all(writing_);
        lock.lock();

        if (refused == 0)
            dropped_ -= told;
        else // the line that tells is among them, and will be told again
            dropped_ += refused - (told > 0 ? 1 : 0);
        writing_.clear();
        if (writing_.capacity() > kept_capacity) writing_.shrink_to_fit();
        settled_ = last;
        batch_finished_.notify_all();
    }
}

/// @return how many dropped lines the batch tells of.
std::uint64_t BufferedSink::tell_dropped() noexcept {
    if (dropped_ == 0) return 0;
    try {
        const auto text = dropped_message_(dropped_);
        spdlog::memory_buf_t line;
        formatter_->format({"", spdlog::level::warn, text}, line);
        pending_.append(line.data(), line.size());
        return dropped_;
    } catch (...) { // no memory: with a later batch
        return 0;
    }
}

/// @return how many lines `fd_` did not take: nobody reads it any more, or its disk is full.
std::uint64_t BufferedSink::write_all(std::string_view text) const noexcept {
    while (!text.empty() && !abandoned_) {
        pollfd output{.fd = fd_, .events = POLLOUT, .revents = 0};
        if (::poll(&output, 1, static_cast<int>(longest_delay.count())) <= 0) continue;
        const auto chunk = next_chunk(text);
        const auto written = ::write(fd_, chunk.data(), chunk.size());
        if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (written <= 0) break;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace nanomdm::log
