// Whether the storage answers, known at any moment without asking it.
#pragma once

#include "nanomdm/storage/pingable.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace nanomdm::service {

struct StorageWatchOptions {
    std::chrono::milliseconds interval{1'000}; ///< from one answer to the next question
    std::chrono::milliseconds patience{1'000}; ///< an answer that takes longer counts as none
};

/// Asks again and again on a thread of its own, the only one that ever waits: a storage that hangs costs this
/// thread and no other, and has one question to answer when it comes back.
class StorageWatch {
public:
    /// Takes the storage for well until it has been asked. Keeps the reference.
    explicit StorageWatch(Pingable& storage, StorageWatchOptions options = {});
    /// Waits for the question under way.
    ~StorageWatch();
    StorageWatch(const StorageWatch&) = delete;
    StorageWatch& operator=(const StorageWatch&) = delete;

    /// What is wrong, in a few words that anybody may read; nullopt: it answers. Any thread; waits for
    /// nobody.
    [[nodiscard]] std::optional<std::string> trouble() const;

private:
    using Clock = std::chrono::steady_clock;

    void watch();
    [[nodiscard]] bool ask() noexcept;

    Pingable& storage_;
    const StorageWatchOptions options_;
    mutable std::mutex mutex_;
    std::condition_variable stop_;
    bool stopping_ = false;
    bool reachable_ = true;
    std::optional<Clock::time_point> asked_; ///< while there is no answer
    bool known_to_fail_ = false;             ///< its own thread's: for the log
    std::thread thread_;
};

} // namespace nanomdm::service
