// Signs of life for the service manager, as long as there is life.
#pragma once

#include "app/systemd.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace nanomdm::app {

/// What can be seen of the server's threads from outside.
struct Vitals {
    std::vector<std::uint64_t> io_beats; ///< of each I/O thread: grows while it goes round
    std::uint64_t jobs_finished = 0;     ///< by the workers
    bool jobs_wait = false;              ///< all workers are busy, and more is to be done
    bool storage_answers = true;
};

/// Judges by two looks in a row, half the manager's patience apart.
///
/// A restart helps against a process that is stuck by itself and against nothing else: an I/O thread that
/// does not go round, or workers none of which has finished anything for the whole time while the storage
/// they work for answers. Workers that wait for a database which does not answer are as they should be, and
/// after a restart they would wait again. Threads that wait for APNs and other servers are not looked at.
class Pulse {
public:
    explicit Pulse(std::chrono::steady_clock::duration patience) noexcept : patience_{patience} {}

    /// @return whether the process is to be called alive.
    [[nodiscard]] bool beats(const Vitals& vitals, std::chrono::steady_clock::time_point now);

private:
    const std::chrono::steady_clock::duration patience_;
    std::vector<std::uint64_t> io_beats_;
    std::uint64_t jobs_finished_ = 0;
    std::chrono::steady_clock::time_point progress_{};
};

/// Looks on a thread of its own, and tells.
class Watchdog {
public:
    using Look = std::function<Vitals()>;

    /// @param patience the manager's, as Notifier::watchdog()
    Watchdog(const Notifier& notifier, std::chrono::microseconds patience, Look look);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

private:
    void watch(std::chrono::microseconds patience);

    const Notifier& notifier_;
    const Look look_;
    std::mutex mutex_;
    std::condition_variable stop_;
    bool stopping_ = false;
    std::thread thread_;
};

} // namespace nanomdm::app
