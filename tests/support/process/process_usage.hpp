// What a process has used so far, from /proc.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <sys/types.h>

namespace nanomdm::test {

struct ProcessUsage {
    std::chrono::microseconds cpu{0}; ///< user and system time of all its threads
    std::uint64_t resident_bytes = 0;
};

/// @throws std::runtime_error when there is no such process.
[[nodiscard]] ProcessUsage process_usage(pid_t pid);

/// The most memory it has had at any time (VmHWM). @throws std::runtime_error when there is no such process.
[[nodiscard]] std::uint64_t peak_resident_bytes(pid_t pid);

/// Bytes in all regular files below a directory; 0 when it does not exist.
[[nodiscard]] std::uint64_t directory_bytes(const std::filesystem::path& directory);

} // namespace nanomdm::test
