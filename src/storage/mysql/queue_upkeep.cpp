#include "storage/mysql/queue_upkeep.hpp"

#include "log/log.hpp"
#include "storage/mysql/failure.hpp"
#include "storage/mysql/old_rows.hpp"
#include "storage/mysql/retention.hpp"

#include <algorithm>
#include <memory>
#include <optional>

namespace nanomdm::storage::mysql {

QueueUpkeep::QueueUpkeep(Database& database, const MySqlOptions& options, const UpkeepPace& pace)
    : database_{database}, pace_{pace} {
    const auto now = Clock::now();
    tasks_.push_back({[rows = OldRows{}](Session& session) mutable { return rows.step(session); },
                      pace_.between_rounds, now});
    const auto add_retention = [&](std::optional<std::chrono::seconds> kept, std::chrono::seconds pause) {
        const auto retention = std::make_shared<Retention>(kept, pace_.unused_command_kept);
        tasks_.push_back({[retention](Session& session) { return retention->step(session); }, pause, now});
    };
    if (options.retention.count() > 0) add_retention(options.retention, pace_.between_rounds);
    if (options.delete_finished) add_retention(std::nullopt, pace_.between_rounds_of_commands);
    thread_ = std::thread{[this] { run(); }};
}

QueueUpkeep::~QueueUpkeep() {
    {
        const std::lock_guard lock{mutex_};
        is_ending_ = true;
    }
    ending_.notify_all();
    thread_.join();
}

void QueueUpkeep::run() {
    auto next = Clock::now();
    while (wait_until(next)) {
        const auto task = std::ranges::min_element(tasks_, {}, &Task::due);
        step(*task);
        const auto earliest = std::ranges::min(tasks_, {}, &Task::due).due;
        next = std::max(earliest, Clock::now() + (has_failed_ ? pace_.after_failure : pace_.between_steps));
    }
}

void QueueUpkeep::step(Task& task) {
    try {
        // Not Database::run(): what fails here has time until the next step, and whoever ends us has not.
        const auto lease = database_.pool().take();
        const bool more = task.step(*lease);
        task.due = Clock::now() + (more ? std::chrono::seconds{0} : task.between_rounds);
        if (has_failed_) log::info("the queues' upkeep goes on");
        has_failed_ = false;
    } catch (const std::exception& error) {
        const auto* failure = dynamic_cast<const Failure*>(&error);
        if (failure != nullptr && failure->kind() == FailureKind::conflict) return; // the next step does it
        if (!has_failed_) log::warning("the queues' upkeep is held up", {{"err", error.what()}});
        has_failed_ = true;
    }
}

bool QueueUpkeep::wait_until(Clock::time_point time) {
    std::unique_lock lock{mutex_};
    return !ending_.wait_until(lock, time, [this] { return is_ending_; });
}

} // namespace nanomdm::storage::mysql
