// Tells a peer that is out of reach as a whole from a few requests to it that fail.
#pragma once

#include "pacing/backoff.hpp"

#include <chrono>
#include <mutex>
#include <string>
#include <utility>

namespace nanomdm {

enum class Admission {
    any,  ///< no outage
    one,  ///< an outage whose pause is over: one try finds out whether it lasts
    none, ///< an outage
};

/// A circuit breaker: many who want something of one peer must not each find out by themselves, over and
/// over, that it is down. After some failures in a row there are pauses, and one try between them. Its
/// beginning and end are logged. Thread-safe.
class Outage {
public:
    using Clock = std::chrono::steady_clock;
    struct Bounds {
        unsigned failures = 5; ///< in a row, of anybody's requests
        Backoff::Bounds pause{.first = std::chrono::seconds{1}, .longest = std::chrono::seconds{30}};
    };

    /// @param peer for the log: "the webhook's receiver"
    explicit Outage(std::string peer) : Outage{std::move(peer), Bounds{}} {}
    Outage(std::string peer, Bounds bounds)
        : peer_{std::move(peer)}, bounds_{bounds}, backoff_{bounds.pause} {}

    /// After Admission::one nobody else is admitted before the try has ended by one of the three below.
    [[nodiscard]] Admission admit(Clock::time_point now = Clock::now());
    /// The peer answered, be it with a refusal.
    void answered();
    void failed(Clock::time_point now = Clock::now());
    /// What was admitted was not tried.
    void withdraw();

    [[nodiscard]] bool ongoing() const;

private:
    [[nodiscard]] bool is_ongoing() const noexcept { return failures_ >= bounds_.failures; }

    const std::string peer_;
    const Bounds bounds_;
    mutable std::mutex mutex_;
    Backoff backoff_;
    unsigned failures_ = 0;
    unsigned pauses_ = 0;
    bool trying_ = false;
    Clock::time_point pause_end_{};
};

} // namespace nanomdm
