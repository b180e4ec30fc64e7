// Somebody who reads a log, or stalls.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace nanomdm::log {

/// A pipe or socket whose reader reads nothing until start() is called. SIGPIPE is ignored from here on.
class Reader {
public:
    enum class Kind { pipe, non_blocking_pipe, small_non_blocking_socket };
    explicit Reader(Kind kind = Kind::pipe);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    /// For the sink to write to.
    [[nodiscard]] int input() const noexcept { return input_; }
    void start();
    /// Goes away: from now on, writing is an error.
    void close();
    /// Waits until some line contains `text`. @return false after 30 seconds.
    bool sees(const std::string& text);
    /// All lines so far, without their ends; what comes after the last end is a line, too.
    [[nodiscard]] std::vector<std::string> lines();

private:
    void read_all();

    int output_ = -1;
    int input_ = -1;
    std::mutex mutex_;
    std::condition_variable grown_;
    std::string text_;
    std::thread thread_;
};

} // namespace nanomdm::log
