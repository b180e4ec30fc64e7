// Watches the server while it is under load: CPU, memory, the journal's size.
#pragma once

#include "bench/load.hpp"
#include "bench/options.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace nanomdm::bench {

struct Sample {
    double seconds = 0; ///< since the observer was made
    std::uint64_t requests = 0;
    std::uint64_t resident_bytes = 0;
    std::uint64_t journal_bytes = 0;
};

class Observer {
public:
    Observer(const Options& options, std::string scenario);
    ~Observer();
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;

    /// Takes a sample and shows it on the progress line (standard error).
    void tick(const LoadResult& result);
    /// So far; zero for a process that was not named.
    [[nodiscard]] CpuTimes cpu() const;
    [[nodiscard]] const std::vector<Sample>& samples() const noexcept { return samples_; }

private:
    const Options& options_;
    std::string scenario_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::vector<Sample> samples_;
};

} // namespace nanomdm::bench
