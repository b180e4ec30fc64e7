// The standard names, with values that this very process can vouch for.
#include "metrics/process.hpp"

#include "support/metrics_text.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fcntl.h>
#include <unistd.h>

namespace nanomdm::metrics {
namespace {

test::MetricsText now() {
    Exposition exposition;
    add_process(exposition);
    return test::MetricsText{exposition.text()};
}

TEST(ProcessMetrics, AreThoseOfThisProcess) {
    const auto before = now();
    EXPECT_GT(before.count("process_resident_memory_bytes"), 1e6);
    EXPECT_GT(before.count("process_virtual_memory_bytes"), before.count("process_resident_memory_bytes"));
    EXPECT_GE(before.count("process_threads"), 1);
    EXPECT_GT(before.count("process_max_fds"), before.count("process_open_fds"));
    const auto unix_time =
        static_cast<double>(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
    EXPECT_LE(before.count("process_start_time_seconds"), unix_time + 2);
    EXPECT_GT(before.count("process_start_time_seconds"), unix_time - 3600);

    const int descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(now().count("process_open_fds"), before.count("process_open_fds") + 1);
    ::close(descriptor);
}

TEST(ProcessMetrics, ProcessorTimeGrows) {
    const auto before = now().count("process_cpu_seconds_total");
    volatile unsigned work = 0;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (now().count("process_cpu_seconds_total") <= before && std::chrono::steady_clock::now() < deadline)
        for (int i = 0; i < 1'000'000; ++i) work = work + 1;
    EXPECT_GT(now().count("process_cpu_seconds_total"), before);
}

} // namespace
} // namespace nanomdm::metrics
