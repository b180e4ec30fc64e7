// Delivers the outbox: enrollments in parallel, the events of each in order.
#pragma once

#include "nanomdm/storage/outbox_store.hpp"
#include "pacing/outage.hpp"
#include "webhook/receiver.hpp"
#include "webhook/retry_policy.hpp"
#include "webhook/statistics.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace nanomdm::webhook {

struct SenderOptions {
    std::size_t threads = 32;     ///< deliveries at once
    std::size_t events_each = 20; ///< of one enrollment before the next has its turn
    std::chrono::milliseconds lease{60'000};
    /// No further event of a visit is begun after it. With the receiver's longest answer it must end well
    /// before the lease.
    std::chrono::milliseconds visit{20'000};
    std::chrono::milliseconds poll{1'000};   ///< for what other processes recorded, or retries
    std::chrono::milliseconds upkeep{5'000}; ///< between looks at the size of the backlog
    std::uint64_t max_backlog = 1'000'000;   ///< the oldest events beyond are removed
    RetryPolicy retry = {};
};

/// One thread talks to the storage, for all of them: takes lanes for those that deliver, and gives back what
/// they have finished. So the webhook never uses more than one of a database's connections.
class Sender {
public:
    /// Starts at once. Keeps references.
    Sender(OutboxStore& outbox, Receiver& receiver, Outage& outage, Statistics& statistics,
           SenderOptions options);
    /// stop()
    ~Sender();
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    /// An event was recorded. Cheap, never blocks, any thread.
    void wake() noexcept;

    /// Begins nothing new, and waits for the deliveries under way. @return false when some last longer.
    bool drain(std::chrono::steady_clock::time_point deadline);
    /// Waits for the deliveries under way, which Receiver::stop() ends, gives back all leases and joins the
    /// threads. What is left stays in the outbox. Idempotent.
    void stop();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nanomdm::webhook
