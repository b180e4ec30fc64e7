// Tells a receiver that is out of reach as a whole from a few events that fail.
#pragma once

#include "backoff.hpp"

#include <chrono>
#include <mutex>

namespace nanomdm::webhook {

enum class Admission {
    any,  ///< no outage
    one,  ///< an outage whose pause is over: one try finds out whether it lasts
    none, ///< an outage
};

/// Ten thousand lanes must not each find out by themselves, over and over, that the receiver is down: it
/// would cost the storage a visit to each of them, and after the outage each would wait for its own retry.
/// After some failures in a row there are pauses, and one try between them. Thread-safe.
class Outage {
public:
    using Clock = std::chrono::steady_clock;
    struct Bounds {
        unsigned failures = 5; ///< in a row, of any events
        Backoff::Bounds pause{.first = std::chrono::seconds{1}, .longest = std::chrono::seconds{30}};
    };

    Outage() : Outage{Bounds{}} {}
    explicit Outage(Bounds bounds) : bounds_{bounds}, backoff_{bounds.pause} {}

    /// After Admission::one nobody else is admitted before the try has ended by one of the three below.
    [[nodiscard]] Admission admit(Clock::time_point now = Clock::now());
    /// The receiver answered, be it with a refusal.
    void answered();
    void failed(Clock::time_point now = Clock::now());
    /// What was admitted was not tried.
    void withdraw();

    [[nodiscard]] bool ongoing() const;

private:
    [[nodiscard]] bool is_ongoing() const noexcept { return failures_ >= bounds_.failures; }

    const Bounds bounds_;
    mutable std::mutex mutex_;
    Backoff backoff_;
    unsigned failures_ = 0;
    unsigned pauses_ = 0;
    bool trying_ = false;
    Clock::time_point pause_end_{};
};

} // namespace nanomdm::webhook
