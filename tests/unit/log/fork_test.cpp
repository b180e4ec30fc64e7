// The log in forked children: their threads are gone, and what those held stays locked.
#include "log/log.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace nanomdm::log {
namespace {

[[noreturn]] void log_in_child(int number) {
    ::alarm(20); // a deadlock ends, and fails the test
    info("first words", {{"child", std::to_string(number)}});
    error("last words", {{"child", std::to_string(number)}});
    flush();
    ::_exit(0);
}

TEST(LogAfterFork, ChildrenWriteTheirLinesAndOnlyThose) {
    constexpr int children = 100;
    constexpr int most_lines = 5000;
    testing::internal::CaptureStderr();
    configure(Level::info, Format::text);
    std::atomic<bool> done{false};
    std::vector<int> logged(2, 0);
    std::vector<std::thread> busy;
    for (std::size_t thread = 0; thread < logged.size(); ++thread)
        busy.emplace_back([&, thread] {
            for (auto& i = logged[thread]; i < most_lines && !done; ++i) {
                warning("parent", {{"line", std::to_string(thread) + "-" + std::to_string(i)}});
                if (i % 100 == 0) flush();
            }
        });
    std::vector<int> statuses;
    for (int number = 0; number < children && (statuses.empty() || statuses.back() == 0); ++number) {
        const auto pid = ::fork();
        if (pid == 0) log_in_child(number);
        int status = -1;
        ::waitpid(pid, &status, 0);
        statuses.push_back(status);
    }
    done = true;
    for (auto& thread : busy) thread.join();
    flush();
    const auto text = testing::internal::GetCapturedStderr();
    ASSERT_EQ(statuses, std::vector<int>(children, 0)) << text;

    std::istringstream lines{text};
    std::map<std::string, int> seen;
    for (std::string line; std::getline(lines, line);) ++seen[line.substr(line.find(" level="))];
    for (int number = 0; number < children; ++number) {
        const auto of_child = " child=" + std::to_string(number);
        EXPECT_EQ(seen[" level=info msg=\"first words\"" + of_child], 1);
        EXPECT_EQ(seen[" level=error msg=\"last words\"" + of_child], 1);
    }
    for (std::size_t thread = 0; thread < logged.size(); ++thread)
        for (int i = 0; i < logged[thread]; ++i) {
            const auto id = std::to_string(thread) + "-" + std::to_string(i);
            ASSERT_EQ(seen[" level=warning msg=\"parent\" line=" + id], 1) << id;
        }
}

} // namespace
} // namespace nanomdm::log
