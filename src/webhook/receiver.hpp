// Whoever gets the webhook's events, and what it makes of one.
#pragma once

#include "nanomdm/mdm/event.hpp"

#include <string>

namespace nanomdm::webhook {

struct Verdict {
    enum class Outcome {
        delivered,
        refused, ///< it was understood and not wanted: the same event will hardly fare better
        failed,  ///< not reached, overloaded or broken: later
    };
    Outcome outcome = Outcome::delivered;
    std::string reason = {}; ///< for the log and the dead letter; names no secret
};

class Receiver {
public:
    virtual ~Receiver() = default;
    /// Blocks until the event is answered or given up. Safe on any number of threads at once. A failure is a
    /// verdict, not an exception.
    [[nodiscard]] virtual Verdict deliver(const Event& event) = 0;
    /// Ends deliveries under way soon, as failed. For the end of the program.
    virtual void stop() noexcept = 0;
};

} // namespace nanomdm::webhook
