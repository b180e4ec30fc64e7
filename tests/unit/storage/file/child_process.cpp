// fork, a pipe, and the end.
#include "child_process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__)
/// Children start threads of their own, after tests that had some.
extern "C" const char* __tsan_default_options(); // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; } // NOLINT
#endif

namespace nanomdm::storage::file {

ChildProcess::ChildProcess(const std::function<int(const Confirm&)>& work) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::system_error{errno, std::generic_category(), "pipe"};
    std::fflush(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (pid_ == 0) {
        ::close(ends[0]);
        int status = 1;
        try {
            // One write of this size is atomic: reports of threads do not mix.
            status = work([end = ends[1]](Confirmed one) {
                if (::write(end, &one, sizeof one) != sizeof one) ::_exit(3);
            });
        } catch (const std::exception& error) {
            std::fprintf(stderr, "child: %s\n", error.what());
        }
        ::_exit(status);
    }
    ::close(ends[1]);
    reports_ = ends[0];
}

std::vector<std::uint32_t> ChildProcess::wait(std::size_t threads, std::uint32_t kill_after) {
    std::vector<std::uint32_t> counts(threads, 0);
    Confirmed one;
    std::uint32_t seen = 0;
    while (::read(reports_, &one, sizeof one) == sizeof one) {
        counts.at(one.thread) = std::max(counts.at(one.thread), one.count);
        if (++seen == kill_after) ::kill(pid_, SIGKILL);
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return counts;
}

ChildProcess::~ChildProcess() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    ::close(reports_);
}

} // namespace nanomdm::storage::file
