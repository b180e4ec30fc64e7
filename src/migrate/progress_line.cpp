#include "migrate/progress_line.hpp"

#include "log/log.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <string>
#include <unistd.h>
#include <utility>

namespace nanomdm::migrate {
namespace {

constexpr std::chrono::milliseconds on_a_terminal{200};
constexpr std::chrono::seconds in_a_log{10};

void draw(const char* done, const Progress& now, std::chrono::steady_clock::duration since) {
    const auto seconds =
        std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::seconds>(since).count());
    std::string line = std::string{"\r\x1b[K"} + done + " " + std::to_string(now.devices) + " devices, " +
                       std::to_string(now.users) + " users";
    if (now.expected) line += " of " + std::to_string(*now.expected);
    line += "; left out " + std::to_string(now.left_out) + ", failed " + std::to_string(now.failed) + "; " +
            std::to_string(now.devices / static_cast<std::uint64_t>(seconds)) + " devices/s";
    std::cerr << line << std::flush;
}

void log_progress(const char* doing, const Progress& now) {
    log::info(doing, {{"devices", std::to_string(now.devices)},
                      {"users", std::to_string(now.users)},
                      {"failed", std::to_string(now.failed)}});
}

void show(ProgressWords words, const std::function<Progress()>& look, const std::stop_token& stop) {
    const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
    const std::chrono::milliseconds pace = is_terminal ? on_a_terminal : in_a_log;
    const auto start = std::chrono::steady_clock::now();
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock{mutex};
    while (!never.wait_for(lock, stop, pace, [&] { return stop.stop_requested(); })) {
        if (is_terminal)
            draw(words.done, look(), std::chrono::steady_clock::now() - start);
        else
            log_progress(words.doing, look());
    }
    if (is_terminal) std::cerr << "\r\x1b[K" << std::flush;
}

} // namespace

ProgressLine::ProgressLine(ProgressWords words, std::function<Progress()> look)
    : thread_{[words, look = std::move(look)](const std::stop_token& stop) { show(words, look, stop); }} {}

} // namespace nanomdm::migrate
