// Clocks: operations a second, processor time each, memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace nanomdm::bench {

/// Of the whole process, all threads, user and system.
[[nodiscard]] double cpu_seconds();
[[nodiscard]] double resident_mebibytes();

struct Rate {
    double operations = 0;
    double seconds = 0;
    double cpu = 0;
};

/// Runs `operation(thread, number)` over and over on `threads` threads for `seconds`.
/// @param observe called once a second.
Rate run(int threads, double seconds, const std::function<void(int thread, std::uint64_t number)>& operation,
         const std::function<void()>& observe = {});

void print(const std::string& name, const Rate& rate);

} // namespace nanomdm::bench
