// Failures in a row, and the pauses they lead to.
#include "pacing/outage.hpp"

#include "log/log.hpp"

namespace nanomdm {

Admission Outage::admit(Clock::time_point now) {
    const std::lock_guard lock{mutex_};
    if (!is_ongoing()) return Admission::any;
    if (trying_ || now < pause_end_) return Admission::none;
    trying_ = true;
    return Admission::one;
}

void Outage::answered() {
    bool was_ongoing = false;
    {
        const std::lock_guard lock{mutex_};
        was_ongoing = is_ongoing();
        failures_ = 0;
        pauses_ = 0;
        trying_ = false;
    }
    if (was_ongoing) log::info(peer_ + " answers again");
}

void Outage::failed(Clock::time_point now) {
    bool begins = false;
    {
        const std::lock_guard lock{mutex_};
        ++failures_;
        if (!is_ongoing()) return;
        // Of the many that were under way when it began, only the first lengthens the pause.
        if (!trying_ && now < pause_end_) return;
        trying_ = false;
        begins = pauses_ == 0;
        pause_end_ = now + backoff_.after(++pauses_);
    }
    if (begins) log::warning(peer_ + " is out of reach; what is for it waits");
}

void Outage::withdraw() {
    const std::lock_guard lock{mutex_};
    trying_ = false;
}

bool Outage::ongoing() const {
    const std::lock_guard lock{mutex_};
    return is_ongoing();
}

} // namespace nanomdm
