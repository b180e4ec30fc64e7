#include "service/storage_watch.hpp"

#include "log/log.hpp"

#include <exception>

namespace nanomdm::service {

StorageWatch::StorageWatch(Pingable& storage, StorageWatchOptions options)
    : storage_{storage}, options_{options}, thread_{[this] { watch(); }} {}

StorageWatch::~StorageWatch() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    stop_.notify_one();
    thread_.join();
}

std::optional<std::string> StorageWatch::trouble() const {
    const std::lock_guard lock{mutex_};
    if (asked_ && Clock::now() - *asked_ > options_.patience) return "the storage does not answer in time";
    if (!reachable_) return "the storage is unavailable";
    return std::nullopt;
}

void StorageWatch::watch() {
    std::unique_lock lock{mutex_};
    while (!stopping_) {
        asked_ = Clock::now();
        lock.unlock();
        const bool reachable = ask();
        lock.lock();
        reachable_ = reachable && Clock::now() - *asked_ <= options_.patience;
        asked_.reset();
        stop_.wait_for(lock, options_.interval, [this] { return stopping_; });
    }
}

bool StorageWatch::ask() noexcept {
    try {
        storage_.ping();
        if (known_to_fail_) log::info("the storage answers again");
        known_to_fail_ = false;
        return true;
    } catch (const std::exception& error) {
        if (!known_to_fail_) log::error("the storage does not answer", {{"error", error.what()}});
        known_to_fail_ = true;
        return false;
    }
}

} // namespace nanomdm::service
