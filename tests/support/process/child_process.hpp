// One program run by a test: its output collected, its end awaited, never outliving the test.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace nanomdm::test {

using namespace std::chrono_literals;

/// How a process ended.
struct ExitStatus {
    int code = -1;  ///< what it passed to exit(); -1 when a signal ended it
    int signal = 0; ///< the signal that ended it; 0 when it exited by itself

    friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

/// Starts on construction. The kernel kills it when the starting thread ends (PR_SET_PDEATHSIG), so start
/// it from a thread that lives as long as the test.
class ChildProcess {
public:
    struct Options {
        std::vector<std::string> command = {};               ///< program and arguments
        std::map<std::string, std::string> environment = {}; ///< added to the test's own
        std::filesystem::path working_directory = {};        ///< empty: the test's
        /// Standard error goes to this file instead of memory, as in production.
        std::filesystem::path stderr_file = {};
    };

    explicit ChildProcess(Options options);
    /// Kills what still runs.
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    void signal(int number) const;

    /// @return nullopt when it still runs after `patience`.
    std::optional<ExitStatus> wait(std::chrono::milliseconds patience);
    /// Kills it with SIGKILL and waits until it is gone.
    void kill();

    /// Everything written so far.
    [[nodiscard]] std::string standard_output() const;
    [[nodiscard]] std::string standard_error() const;

    /// Waits until a line of standard error holds `part`. @return that line; nullopt after `patience`
    /// or when the program ended without it.
    std::optional<std::string> wait_for_error_line(std::string_view part, std::chrono::milliseconds patience);

private:
    void collect(int descriptor, std::string& into, bool& closed);

    pid_t pid_ = -1;
    std::filesystem::path stderr_file_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::string output_;
    std::string error_;
    bool output_closed_ = false;
    bool error_closed_ = false;
    std::optional<ExitStatus> ended_;
    std::thread output_reader_;
    std::thread error_reader_;
};

/// Runs a program to its end.
struct Finished {
    ExitStatus status;
    std::string output;
    std::string error;
};
/// @throws std::runtime_error when it has not ended after `patience`.
[[nodiscard]] Finished run(std::vector<std::string> command, std::chrono::milliseconds patience = 20s,
                           std::map<std::string, std::string> environment = {});

/// Looks at `condition` every few milliseconds. @return false when it is still false after `patience`.
[[nodiscard]] bool eventually(const std::function<bool()>& condition,
                              std::chrono::milliseconds patience = 10s);

} // namespace nanomdm::test
