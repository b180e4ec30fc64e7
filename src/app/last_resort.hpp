// The end of a process whose threads do not end.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace nanomdm::app {

/// Unless it is gone by then, the process ends at the deadline, with status 1: a database that hangs must not
/// keep a server from being replaced. What was confirmed is durable, so nothing is lost by it.
class LastResort {
public:
    explicit LastResort(std::chrono::steady_clock::time_point deadline);
    ~LastResort();
    LastResort(const LastResort&) = delete;
    LastResort& operator=(const LastResort&) = delete;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool needed_ = true;
    std::thread thread_;
};

} // namespace nanomdm::app
