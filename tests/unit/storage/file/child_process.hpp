// A child process that says what was confirmed to it, until it is killed or ends.
#pragma once

#include <cstdint>
#include <functional>
#include <sys/types.h>
#include <vector>

namespace nanomdm::storage::file {

/// Reports of a child: `thread` has been confirmed its first `count` steps.
struct Confirmed {
    std::uint32_t thread = 0;
    std::uint32_t count = 0;
};

/// Forks; `work` runs in the child, which exits with what it returns.
class ChildProcess {
public:
    using Confirm = std::function<void(Confirmed)>;
    explicit ChildProcess(const std::function<int(const Confirm&)>& work);
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    /// Reads reports until the child is gone.
    /// @param kill_after SIGKILL after so many reports; 0: never.
    /// @return the highest count of each thread.
    std::vector<std::uint32_t> wait(std::size_t threads, std::uint32_t kill_after = 0);
    /// Of a child that ended by itself; -1 when it was killed.
    [[nodiscard]] int exit_status() const noexcept { return exit_status_; }

private:
    pid_t pid_ = -1;
    int reports_ = -1;
    int exit_status_ = -1;
};

} // namespace nanomdm::storage::file
