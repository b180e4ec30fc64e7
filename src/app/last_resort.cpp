#include "app/last_resort.hpp"

#include "log/log.hpp"

#include <cstdlib>

namespace nanomdm::app {

LastResort::LastResort(std::chrono::steady_clock::time_point deadline)
    : thread_{[this, deadline] {
          std::unique_lock lock{mutex_};
          if (changed_.wait_until(lock, deadline, [this] { return !needed_; })) return;
          log::error("what is under way does not end; leaving it behind");
          log::flush();
          std::_Exit(EXIT_FAILURE);
      }} {}

LastResort::~LastResort() {
    {
        const std::lock_guard lock{mutex_};
        needed_ = false;
    }
    changed_.notify_one();
    thread_.join();
}

} // namespace nanomdm::app
