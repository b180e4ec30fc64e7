// A storage that gets every write a little later, and that nobody waits for.
#pragma once

#include "pacing/outage.hpp"
#include "storage/multi/write.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace nanomdm::storage::multi {

struct FollowerOptions {
    // What may wait at the most; what comes beyond is missed.
    std::size_t most_writes = 200'000;
    std::size_t most_bytes = std::size_t{128} << 20;
    /// A write that failed so often while others went through is given up.
    unsigned tries = 5;
    Outage::Bounds outage{
        .failures = 3,
        .pause = {.first = std::chrono::milliseconds{250}, .longest = std::chrono::seconds{30}}};
};

/// Since the start.
struct FollowerStatistics {
    std::uint64_t written = 0;
    std::uint64_t missed = 0; ///< there was no room or no time left for it, or the storage refused it
    std::uint64_t waiting = 0;
};

/// Each lane is a queue and a thread: its writes are done in the order given, those of different lanes side
/// by side. When the storage is out of reach, writes wait for it, as many as there is room for.
class Follower {
public:
    using Open = std::function<std::unique_ptr<AllStorage>()>;

    /// @param name for the log
    /// @param storage null: it is out of reach, and `open` is tried until it is there.
    Follower(std::string name, std::unique_ptr<AllStorage> storage, Open open, FollowerOptions options);
    /// stop(now)
    ~Follower();
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    /// Never blocks. What there is no room for is missed.
    void write(const Write& write) noexcept;
    /// Waits until nothing waits. @return false when `deadline` came first.
    bool flush(std::chrono::steady_clock::time_point deadline);
    /// Writes what waits, until the deadline; the rest is missed. Ends once the operations under way have.
    void stop(std::chrono::steady_clock::time_point deadline);

    [[nodiscard]] const std::string& name() const noexcept;
    [[nodiscard]] FollowerStatistics statistics() const noexcept;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nanomdm::storage::multi
