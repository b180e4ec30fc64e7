// A signal handler, which is process-wide and can reach nothing but globals.
#include "migrate/bolt/truncation_guard.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace nanomdm::migrate::bolt {
namespace {

// The start is written last and read first.
std::atomic<const char*> guarded{nullptr};
std::atomic<std::size_t> guarded_size{0};
std::atomic<const char*> guarded_name{nullptr};

struct sigaction before {};

/// Only what may be called in a signal handler (signal-safety(7)).
void say(const char* text) {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, std::strlen(text));
}

bool is_guarded(const void* address) {
    const auto start = reinterpret_cast<std::uintptr_t>(guarded.load());
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    return start != 0 && at >= start && at - start < guarded_size.load();
}

void on_bus_error(int, siginfo_t* info, void*) {
    if (is_guarded(info->si_addr)) {
        say(guarded_name.load());
        say(" was cut short, or cannot be read, while it was being read\n");
        ::_exit(EXIT_FAILURE);
    }
    ::sigaction(SIGBUS, &before, nullptr); // the access is tried again, and then it is theirs
}

} // namespace

void guard_mapping(const char* start, std::size_t size, const char* name) noexcept {
    static const bool is_installed = [] {
        struct sigaction action {};
        action.sa_sigaction = on_bus_error;
        action.sa_flags = SA_SIGINFO;
        return ::sigaction(SIGBUS, &action, &before) == 0;
    }();
    static_cast<void>(is_installed);
    guarded = nullptr;
    guarded_size = size;
    guarded_name = name;
    guarded = start;
}

void forget_mapping(const char* start) noexcept { guarded.compare_exchange_strong(start, nullptr); }

} // namespace nanomdm::migrate::bolt
