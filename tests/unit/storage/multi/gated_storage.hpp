// A storage whose writes can be made to fail or to hang.
#pragma once

#include "contract/routed_storage.hpp"
#include "storage/inmem/inmem_storage.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>

namespace nanomdm::storage {

/// Outlives the storages that use it.
class Gate {
public:
    /// Every write passes here first. @throws what `make_fail` was given.
    void pass() {
        std::unique_lock lock{mutex_};
        ++arrived_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
        if (failure_) failure_();
    }
    void close() {
        set([this] { open_ = false; });
    }
    void open() {
        set([this] { open_ = true; });
    }
    /// @param failure throws, or is null
    void make_fail(std::function<void()> failure) {
        set([&] { failure_ = std::move(failure); });
    }
    void wait_arrived(int writes) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return arrived_ >= writes; });
    }

private:
    template <class Change> void set(Change change) {
        const std::lock_guard lock{mutex_};
        change();
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = true;
    int arrived_ = 0;
    std::function<void()> failure_;
};

class GatedStorage final : public contract::RoutedStorage {
public:
    GatedStorage(AllStorage& storage, Gate& gate) : storage_{storage}, gate_{gate} {}

private:
    AllStorage& for_writing() override {
        gate_.pass();
        return storage_;
    }
    AllStorage& for_reading() override { return storage_; }
    AllStorage& for_outbox() override { return storage_; }

    AllStorage& storage_;
    Gate& gate_;
};

} // namespace nanomdm::storage
