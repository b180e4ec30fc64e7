#include "migrate/progress_line.hpp"

#include "log/log.hpp"

#include <condition_variable>
#include <iostream>
#include <mutex>
#include <string>
#include <unistd.h>

namespace nanomdm::migrate {
namespace {

constexpr std::chrono::milliseconds on_a_terminal{200};
constexpr std::chrono::seconds in_a_log{10};

void draw(const ExportTally& tally, std::chrono::steady_clock::duration since) {
    const auto seconds =
        std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::seconds>(since).count());
    const auto devices = tally.devices.load();
    const auto skipped = tally.disabled_devices + tally.unfinished_devices + tally.disabled_users;
    std::string line = "\r\x1b[Kexported " + std::to_string(devices) + " devices, " +
                       std::to_string(tally.users) + " users; left out " + std::to_string(skipped) +
                       ", failed " + std::to_string(tally.failed) + "; " +
                       std::to_string(devices / static_cast<std::uint64_t>(seconds)) + " devices/s";
    std::cerr << line << std::flush;
}

void log_progress(const ExportTally& tally) {
    log::info("exporting", {{"devices", std::to_string(tally.devices)},
                            {"users", std::to_string(tally.users)},
                            {"failed", std::to_string(tally.failed)}});
}

void show(const ExportTally& tally, const std::stop_token& stop) {
    const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
    const std::chrono::milliseconds pace = is_terminal ? on_a_terminal : in_a_log;
    const auto start = std::chrono::steady_clock::now();
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock{mutex};
    while (!never.wait_for(lock, stop, pace, [&] { return stop.stop_requested(); })) {
        if (is_terminal)
            draw(tally, std::chrono::steady_clock::now() - start);
        else
            log_progress(tally);
    }
    if (is_terminal) std::cerr << "\r\x1b[K" << std::flush;
}

} // namespace

ProgressLine::ProgressLine(const ExportTally& tally)
    : thread_{[&tally](const std::stop_token& stop) { show(tally, stop); }} {}

} // namespace nanomdm::migrate
