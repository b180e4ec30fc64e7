#include "app/watchdog.hpp"

#include "log/log.hpp"

#include <utility>

namespace nanomdm::app {

bool Pulse::beats(const Vitals& vitals, std::chrono::steady_clock::time_point now) {
    bool io_alive = io_beats_.size() == vitals.io_beats.size() || io_beats_.empty();
    for (std::size_t i = 0; i < io_beats_.size() && io_alive; ++i)
        io_alive = vitals.io_beats[i] != io_beats_[i];
    io_beats_ = vitals.io_beats;

    const bool excused = !vitals.jobs_wait || !vitals.storage_answers;
    if (excused || vitals.jobs_finished != jobs_finished_ || progress_ == decltype(progress_){})
        progress_ = now;
    jobs_finished_ = vitals.jobs_finished;
    return io_alive && now - progress_ < patience_;
}

Watchdog::Watchdog(const Notifier& notifier, std::chrono::microseconds patience, Look look)
    : notifier_{notifier}, look_{std::move(look)}, thread_{[this, patience] { watch(patience); }} {}

Watchdog::~Watchdog() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    stop_.notify_one();
    thread_.join();
}

void Watchdog::watch(std::chrono::microseconds patience) {
    Pulse pulse{patience};
    bool was_alive = true;
    std::unique_lock lock{mutex_};
    while (!stopping_) {
        lock.unlock();
        const bool alive = pulse.beats(look_(), std::chrono::steady_clock::now());
        if (alive) notifier_.alive();
        if (!alive && was_alive)
            log::error("threads make no progress: no sign of life for the service manager");
        was_alive = alive;
        lock.lock();
        stop_.wait_for(lock, patience / 2, [this] { return stopping_; });
    }
}

} // namespace nanomdm::app
