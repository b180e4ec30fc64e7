// stat counts in clock ticks (10 ms): fine over the seconds a benchmark takes.
#include "support/process/process_usage.hpp"

#include <sstream>
#include <stdexcept>
#include <string>
#include <unistd.h>

#include "support/process/temp_dir.hpp"

namespace nanomdm::test {

ProcessUsage process_usage(pid_t pid) {
    const std::string base = "/proc/" + std::to_string(pid);
    // The command name may hold spaces and parentheses: fields are counted from its last ')'.
    const std::string stat = read_file(base + "/stat");
    const auto name_end = stat.rfind(')');
    if (name_end == std::string::npos) throw std::runtime_error{"unreadable " + base + "/stat"};
    std::istringstream fields{stat.substr(name_end + 1)};
    std::string skipped;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    std::int64_t user = 0;
    std::int64_t system = 0;
    fields >> user >> system;

    std::istringstream memory{read_file(base + "/statm")};
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    memory >> total >> resident;

    ProcessUsage usage;
    usage.cpu = std::chrono::microseconds{(user + system) * 1'000'000 / ::sysconf(_SC_CLK_TCK)};
    usage.resident_bytes = resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return usage;
}

std::uint64_t peak_resident_bytes(pid_t pid) {
    std::istringstream status{read_file("/proc/" + std::to_string(pid) + "/status")};
    for (std::string key; status >> key; std::getline(status, key)) {
        std::uint64_t kilobytes = 0;
        if (key == "VmHWM:" && status >> kilobytes) return kilobytes * 1024;
    }
    throw std::runtime_error{"no VmHWM"};
}

std::uint64_t directory_bytes(const std::filesystem::path& directory) {
    std::uint64_t total = 0;
    std::error_code gone; // files may vanish while we look
    for (auto entry = std::filesystem::recursive_directory_iterator{directory, gone};
         !gone && entry != std::filesystem::recursive_directory_iterator{}; entry.increment(gone)) {
        std::error_code unreadable;
        if (!entry->is_regular_file(unreadable)) continue;
        const auto size = entry->file_size(unreadable);
        if (!unreadable) total += size;
    }
    return total;
}

} // namespace nanomdm::test
