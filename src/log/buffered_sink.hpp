// Collects log lines and writes them many at a time, on a thread of its own: a system call per access line
// would cost more than the line, and a reader that stalls must not hold up whoever logs.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace nanomdm::log {

/// Lines are written when a tenth of a second has passed, when there are many of them, and at flush() (which
/// the logger calls for warnings and errors). Logging never waits for the reader: while 8 MiB wait for it,
/// lines are dropped and counted, and a line in their place tells how many. Any thread; of no use in a forked
/// child, which has no flusher.
class BufferedSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    /// Makes the message of the line that tells how many were dropped. Called on the flusher.
    using DroppedMessage = std::function<std::string(std::uint64_t lines)>;

    /// @param fd written to, blocking or not; it stays open and the caller's. SIGPIPE has to be ignored.
    /// @throws std::system_error when no thread can be started.
    BufferedSink(int fd, DroppedMessage dropped_message);
    /// Waits for a reader that stalls, but two seconds at the most.
    ~BufferedSink() override;

    /// Waits until each line logged before the call is written, told to be dropped, or refused by `fd`.
    /// @return false when the time was up first.
    bool wait_until_settled(std::chrono::milliseconds longest);
    /// Counts a line that could not even be made.
    void drop_line();

protected:
    void sink_it_(const spdlog::details::log_msg& message) override;
    void flush_() override; ///< asks for it, and does not wait

private:
    void take(const spdlog::details::log_msg& message);
    void wake_flusher(bool at_once);
    void write_batches();
    std::uint64_t tell_dropped() noexcept;
    std::uint64_t write_all(std::string_view text) const noexcept;

    const int fd_;
    const DroppedMessage dropped_message_;

    // Under mutex_; but the flusher, which alone changes `writing_`, reads it without.
    std::string pending_;
    std::string writing_;
    std::uint64_t taken_ = 0;   ///< lines logged, the dropped ones too
    std::uint64_t settled_ = 0; ///< lines of finished batches
    std::uint64_t dropped_ = 0; ///< lines not told yet
    bool full_ = false;         ///< until the batch that tells: its last line stands where lines are missing
    bool urgent_ = false;
    bool ending_ = false;
    std::condition_variable wake_;
    std::condition_variable batch_finished_;

    std::atomic<bool> abandoned_{false}; ///< no more waiting for the reader
    std::thread flusher_;                ///< last: it uses all the others
};

} // namespace nanomdm::log
