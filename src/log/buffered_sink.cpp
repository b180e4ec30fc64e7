// The buffer and the thread that empties it; asleep while nothing is logged.
#include "log/buffered_sink.hpp"

#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace nanomdm::log {
namespace {

constexpr std::size_t enough = 32 * 1024;
constexpr std::chrono::milliseconds longest_delay{100};

} // namespace

BufferedSink::BufferedSink() : process_{::getpid()}, flusher_{[this] { flush_late_lines(); }} {}

BufferedSink::~BufferedSink() {
    {
        const std::lock_guard lock{mutex_};
        ending_ = true;
        write_pending();
        changed_.notify_one();
    }
    if (::getpid() == process_)
        flusher_.join();
    else
        flusher_.detach();
}

void BufferedSink::sink_it_(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    pending_.append(line.data(), line.size());
    if (pending_.size() >= enough) {
        write_pending();
    } else if (!scheduled_) {
        scheduled_ = true;
        changed_.notify_one();
    }
}

void BufferedSink::flush_() { write_pending(); }

void BufferedSink::flush_late_lines() {
    std::unique_lock lock{mutex_};
    while (!ending_) {
        changed_.wait(lock, [this] { return scheduled_ || ending_; });
        changed_.wait_for(lock, longest_delay, [this] { return ending_; });
        scheduled_ = false;
        write_pending();
    }
}

void BufferedSink::write_pending() noexcept {
    std::string_view rest = pending_;
    while (!rest.empty()) {
        const auto written = ::write(STDERR_FILENO, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break; // nobody left to tell
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    pending_.clear();
}

} // namespace nanomdm::log
