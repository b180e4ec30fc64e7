// Samples of /proc and of the journal's directory.
#include "bench/observer.hpp"

#include "support/process/process_usage.hpp"

#include <cstdio>
#include <utility>

namespace nanomdm::bench {

Observer::Observer(const Options& options, std::string scenario)
    : options_{options}, scenario_{std::move(scenario)} {}

Observer::~Observer() { std::fprintf(stderr, "\r%78s\r", ""); }

void Observer::tick(const LoadResult& result) {
    Sample sample;
    sample.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    sample.requests = result.requests;
    if (options_.pid != 0) sample.resident_bytes = test::process_usage(options_.pid).resident_bytes;
    if (!options_.journal.empty()) sample.journal_bytes = test::directory_bytes(options_.journal);
    const double since = samples_.empty() ? sample.seconds : sample.seconds - samples_.back().seconds;
    const auto before = samples_.empty() ? 0 : samples_.back().requests;
    std::fprintf(stderr, "\r%-13s %5.0f s %9.0f requests/s  memory %4.0f MB  journal %5.0f MB ",
                 scenario_.c_str(), sample.seconds, static_cast<double>(sample.requests - before) / since,
                 static_cast<double>(sample.resident_bytes) / 1e6,
                 static_cast<double>(sample.journal_bytes) / 1e6);
    std::fflush(stderr);
    samples_.push_back(sample);
}

CpuTimes Observer::cpu() const {
    const auto of = [](pid_t pid) {
        return pid == 0 ? std::chrono::microseconds{0} : test::process_usage(pid).cpu;
    };
    return {of(options_.pid), of(options_.database_pid)};
}

} // namespace nanomdm::bench
