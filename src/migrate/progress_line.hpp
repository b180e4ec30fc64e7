// Shows how far an export or import is: a line that changes on a terminal, else a line of the log now and
// then.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <thread>

namespace nanomdm::migrate {

struct Progress {
    std::uint64_t devices = 0;
    std::uint64_t users = 0;
    std::uint64_t left_out = 0; ///< devices and users
    std::uint64_t failed = 0;
    std::optional<std::uint64_t> expected = {}; ///< devices and users there will be; nullopt: nobody knows
};

/// What is being done.
struct ProgressWords {
    const char* done;  ///< "exported"
    const char* doing; ///< "exporting"
};

class ProgressLine {
public:
    /// Shows on standard error until it ends. @param look called by a thread of its own
    ProgressLine(ProgressWords words, std::function<Progress()> look);

private:
    std::jthread thread_;
};

} // namespace nanomdm::migrate
