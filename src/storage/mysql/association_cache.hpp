// Certificate associations found a moment ago, so that a device's requests need not ask the database each
// time.
#pragma once

#include "nanomdm/mdm/enrollment.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace nanomdm::storage::mysql {

/// Remembers only «yes»: associations are append-only, so a «yes» stays true, unless an administrator deletes
/// rows by hand, which shows after `lifetime` at the latest; a «no» may turn by what another process does.
/// Thread-safe, bounded. Every call takes the time, so that tests need not wait.
class AssociationCache {
public:
    using Clock = std::chrono::steady_clock;

    explicit AssociationCache(std::size_t capacity = 200'000,
                              std::chrono::seconds lifetime = std::chrono::seconds{60});

    [[nodiscard]] bool contains(const EnrollmentId& device, const std::string& hash, Clock::time_point now);
    /// @param asked when the database was asked: before it answered.
    void remember(const EnrollmentId& device, const std::string& hash, Clock::time_point asked);
    void forget(const EnrollmentId& device, const std::string& hash);

private:
    struct Association {
        EnrollmentId device;
        Clock::time_point asked;
    };
    /// By hash: a certificate has one device, but for duplicates that NanoMDM may have let in; those take
    /// turns.
    using Associations = std::unordered_map<std::string, Association>;

    /// A full `young` becomes `old`, and the former `old` is dropped: what is asked for goes on being asked
    /// for and is remembered anew.
    struct Shard {
        std::mutex mutex;
        Associations young;
        Associations old;
    };
    static constexpr std::size_t shard_count = 16;

    [[nodiscard]] Shard& shard_of(const std::string& hash);

    const std::size_t young_capacity_; ///< of one shard
    const std::chrono::seconds lifetime_;
    std::array<Shard, shard_count> shards_;
};

} // namespace nanomdm::storage::mysql
