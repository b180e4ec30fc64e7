// One call's notifications on their way: what the caller waits for and the I/O thread fills in.
#pragma once

#include "nanomdm/push/pusher.hpp"
#include "push/apns_session.hpp"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace nanomdm::push {

class ApnsConnection;
struct Batch;

/// One notification of a batch. Only the I/O thread touches it.
struct Delivery {
    enum class State : std::uint8_t { unsent, in_flight, waiting, done };

    Batch* batch = nullptr;
    ApnsConnection* connection = nullptr; ///< in flight on
    ApnsSession::Stream* stream = nullptr;
    std::uint16_t attempts = 0;
    State state = State::unsent;
};

/// Lives on the stack of the caller, who waits until done: nothing is copied for the I/O thread, which
/// completes every batch by its deadline. Between submission and done everything but the last three
/// members belongs to the I/O thread.
struct Batch {
    std::span<const PushInfo> targets;
    Clock::time_point deadline;
    std::string expiration; ///< the value of apns-expiration
    Clock::time_point begun = Clock::now();
    std::vector<ProviderResponse> responses{};
    std::vector<Delivery> deliveries{}; ///< same index as targets
    std::size_t next = 0;               ///< first delivery never tried
    std::size_t pending = 0;

    std::mutex mutex{};
    std::condition_variable finished{};
    bool done = false;

    [[nodiscard]] std::size_t index(const Delivery& delivery) const noexcept {
        return static_cast<std::size_t>(&delivery - deliveries.data());
    }
};

} // namespace nanomdm::push
