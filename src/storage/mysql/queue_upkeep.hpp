// What the queues need beside the requests: NanoMDM's rows brought in, old rows let go.
#pragma once

#include "storage/mysql/database.hpp"
#include "storage/mysql/options.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace nanomdm::storage::mysql {

struct UpkeepPace {
    std::chrono::milliseconds between_steps{50};
    std::chrono::seconds between_rounds{3600};
    std::chrono::seconds between_rounds_of_commands{300}; ///< with `delete=1`: they come and go fast
    std::chrono::seconds after_failure{5};
    std::chrono::seconds unused_command_kept{600};
};

/// One background thread, which takes one connection at a time and works in small steps. It begins when it
/// is made and ends, after the step it is at, when it is destroyed. An outage is logged once.
class QueueUpkeep {
public:
    QueueUpkeep(Database& database, const MySqlOptions& options, const UpkeepPace& pace = {});
    QueueUpkeep(const QueueUpkeep&) = delete;
    QueueUpkeep& operator=(const QueueUpkeep&) = delete;
    ~QueueUpkeep();

private:
    using Clock = std::chrono::steady_clock;

    /// A kind of work that has been through all rows when a step says so.
    struct Task {
        std::function<bool(Session&)> step;
        std::chrono::seconds between_rounds;
        Clock::time_point due;
    };

    void run();
    void step(Task& task);
    /// @return false when it is time to end.
    bool wait_until(Clock::time_point time);

    Database& database_;
    const UpkeepPace pace_;
    std::vector<Task> tasks_;
    bool has_failed_ = false;

    std::mutex mutex_;
    std::condition_variable ending_;
    bool is_ending_ = false;
    std::thread thread_; ///< last: it uses all of the above
};

} // namespace nanomdm::storage::mysql
