// Collects log lines and writes them to standard error many at a time: a system call per access line would
// cost more than the line.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace nanomdm::log {

/// Lines reach standard error when a tenth of a second has passed, when there are many of them, at flush()
/// (which the logger calls for warnings and errors) and at the end. Any thread.
class BufferedSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    BufferedSink();
    ~BufferedSink() override;

protected:
    void sink_it_(const spdlog::details::log_msg& message) override;
    void flush_() override;

private:
    void flush_late_lines();
    void write_pending() noexcept;

    std::string pending_;
    bool scheduled_ = false; ///< the flusher knows of pending lines
    bool ending_ = false;
    std::condition_variable changed_;
    const int process_; ///< a forked child has no flusher to join
    std::thread flusher_;
};

} // namespace nanomdm::log
