#include "metrics/process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

namespace nanomdm::metrics {
namespace {

/// Fields of /proc/self/stat, counted as in proc(5), from the third on: the second may hold blanks.
struct Stat {
    unsigned long long user_ticks = 0, system_ticks = 0, threads = 0, start_ticks = 0, virtual_bytes = 0;
    long long resident_pages = 0;
};

std::optional<Stat> read_stat() {
    std::ifstream file{"/proc/self/stat"};
    std::string line;
    std::getline(file, line);
    const auto name_end = line.rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    std::istringstream fields{line.substr(name_end + 1)};
    std::string skipped;
    const auto skip = [&](int count) {
        for (int i = 0; i < count; ++i) fields >> skipped;
    };
    Stat stat;
    skip(11); // state … cmajflt: 3 to 13
    fields >> stat.user_ticks >> stat.system_ticks;
    skip(4); // cutime … nice: 16 to 19
    fields >> stat.threads;
    skip(1); // itrealvalue
    fields >> stat.start_ticks >> stat.virtual_bytes >> stat.resident_pages;
    if (!fields) return std::nullopt;
    return stat;
}

/// Unix time.
std::optional<double> boot_time() {
    std::ifstream file{"/proc/stat"};
    for (std::string word; file >> word;) {
        double seconds = 0;
        if (word == "btime" && file >> seconds) return seconds;
        file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    return std::nullopt;
}

double open_descriptors() {
    std::error_code ignored;
    double count = 0;
    for (std::filesystem::directory_iterator entry{"/proc/self/fd", ignored}, end; entry != end;
         entry.increment(ignored))
        ++count;
    return count > 0 ? count - 1 : 0; // without the one that reads the directory
}

} // namespace

void add_process(Exposition& exposition) {
    if (const auto stat = read_stat()) {
        const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
        exposition.counter("process_cpu_seconds_total", "Processor time spent, user and system, in seconds.",
                           static_cast<double>(stat->user_ticks + stat->system_ticks) / ticks);
        exposition.gauge("process_resident_memory_bytes", "Resident memory in bytes.",
                         static_cast<double>(stat->resident_pages) *
                             static_cast<double>(::sysconf(_SC_PAGESIZE)));
        exposition.gauge("process_virtual_memory_bytes", "Virtual memory in bytes.",
                         static_cast<double>(stat->virtual_bytes));
        exposition.gauge("process_threads", "Threads of the process.", static_cast<double>(stat->threads));
        static const auto boot = boot_time();
        if (boot)
            exposition.gauge("process_start_time_seconds", "Start of the process, Unix time in seconds.",
                             *boot + static_cast<double>(stat->start_ticks) / ticks);
    }
    exposition.gauge("process_open_fds", "Open file descriptors.", open_descriptors());
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
        exposition.gauge("process_max_fds", "Most file descriptors that may be open.",
                         static_cast<double>(limit.rlim_cur));
}

} // namespace nanomdm::metrics
