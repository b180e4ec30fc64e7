// getrusage, and threads that run against the clock.
#include "measured.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace nanomdm::bench {

using Clock = std::chrono::steady_clock;

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_mebibytes() {
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    std::ifstream{"/proc/self/statm"} >> total >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

Rate run(int threads, double seconds, const std::function<void(int, std::uint64_t)>& operation,
         const std::function<void()>& observe) {
    std::atomic<bool> is_over{false};
    std::atomic<std::uint64_t> operations{0};
    const double cpu = cpu_seconds();
    const auto start = Clock::now();
    {
        std::vector<std::jthread> all;
        for (int thread = 0; thread < threads; ++thread) {
            all.emplace_back([&, thread] {
                std::uint64_t number = 0;
                while (!is_over.load(std::memory_order_relaxed)) operation(thread, number++);
                operations += number;
            });
        }
        const auto end =
            start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{seconds});
        while (Clock::now() < end) {
            std::this_thread::sleep_until(std::min(end, Clock::now() + std::chrono::seconds{1}));
            if (observe) observe();
        }
        is_over = true;
    }
    return {static_cast<double>(operations.load()),
            std::chrono::duration<double>(Clock::now() - start).count(), cpu_seconds() - cpu};
}

void print(const std::string& name, const Rate& rate) {
    std::printf("%-28s %9.0f /s  %7.1f us CPU each  (%.1f s)\n", name.c_str(), rate.operations / rate.seconds,
                rate.cpu / rate.operations * 1e6, rate.seconds);
    std::fflush(stdout);
}

} // namespace nanomdm::bench
