// Events that may be lost: Idle connects and messages that only read, which leave nothing in the storage.
#pragma once

#include "nanomdm/mdm/event.hpp"
#include "pacing/outage.hpp"
#include "webhook/receiver.hpp"
#include "webhook/statistics.hpp"

#include <chrono>
#include <cstddef>
#include <memory>

namespace nanomdm::webhook {

struct NoticeOptions {
    std::size_t threads = 8;
    std::size_t most = 10'000; ///< events in memory
    std::size_t most_bytes = 64 << 20;
    int tries = 5;
    Backoff::Bounds pause{.first = std::chrono::seconds{1}, .longest = std::chrono::seconds{10}};
};

/// A bounded queue in memory. Those of one enrollment are delivered in order; with its recorded events they
/// have none.
class Notices {
public:
    /// Starts at once. Keeps references.
    Notices(Receiver& receiver, Outage& outage, Statistics& statistics, NoticeOptions options);
    /// stop()
    ~Notices();
    Notices(const Notices&) = delete;
    Notices& operator=(const Notices&) = delete;

    /// Dropped and counted when the queue is full. Never blocks; any thread.
    void add(Event event) noexcept;

    /// Waits until all are delivered; later ones are dropped, and all of them in an outage.
    /// @return false when it takes longer.
    bool drain(std::chrono::steady_clock::time_point deadline);
    /// Drops what is left and joins the threads; a delivery under way is ended by Receiver::stop().
    /// Idempotent.
    void stop();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nanomdm::webhook
