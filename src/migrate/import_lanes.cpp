// The queues, and who waits for whom.
#include "migrate/import_lanes.hpp"

#include <utility>

namespace nanomdm::migrate {
namespace {

/// Roughly what it takes in memory: the messages and commands outweigh everything else.
std::size_t bytes_of(const ImportedEnrollment& enrollment) {
    const auto size = [](const std::optional<std::string>& text) { return text ? text->size() : 0; };
    const auto& messages = enrollment.messages;
    std::size_t bytes = sizeof enrollment + size(messages.authenticate) + size(messages.token_update) +
                        size(messages.unlock_token) + size(messages.user_authenticate) +
                        size(messages.user_authenticate_digest) + size(enrollment.identity_pem) +
                        size(enrollment.bootstrap_token);
    for (const auto& command : enrollment.commands)
        bytes +=
            sizeof command + command.command.raw.size() + (command.result ? command.result->raw.size() : 0);
    return bytes;
}

} // namespace

ImportLanes::ImportLanes(ImportLaneOptions options, Work work, std::stop_token stop)
    : options_{options}, work_{std::move(work)},
      lanes_(options.lanes), stop_with_caller_{std::move(stop), [this] { stop_.request_stop(); }} {
    try {
        for (auto& lane : lanes_) threads_.emplace_back([this, &lane] { run(lane); });
    } catch (...) { // no more threads: those there are would wait for good
        stop_.request_stop();
        throw;
    }
}

ImportLanes::~ImportLanes() { stop_.request_stop(); }

void ImportLanes::check() const {
    if (!stop_.stop_requested()) return;
    const std::lock_guard lock{failure_mutex_};
    if (failure_) std::rethrow_exception(failure_);
    throw ImportStopped{};
}

void ImportLanes::put(ImportedEnrollment enrollment) {
    const auto bytes = bytes_of(enrollment);
    const auto device = std::hash<EnrollmentId>{}(enrollment.state.enrollment.device());
    auto& lane = lanes_[device % lanes_.size()];
    {
        std::unique_lock lock{lane.mutex};
        lane.changed.wait(lock, stop_.get_token(), [&] {
            return lane.waiting.empty() ||
                   (lane.waiting.size() < options_.batch && lane.bytes + bytes <= options_.bytes);
        });
        check();
        lane.waiting.push_back({std::move(enrollment), bytes});
        lane.bytes += bytes;
    }
    lane.changed.notify_all();
}

void ImportLanes::finish() {
    for (auto& lane : lanes_) {
        {
            const std::lock_guard lock{lane.mutex};
            lane.is_complete = true;
        }
        lane.changed.notify_all();
    }
    for (auto& thread : threads_) thread.join();
    check();
}

void ImportLanes::run(Lane& lane) try {
    for (auto batch = next_batch(lane); !batch.empty(); batch = next_batch(lane)) work_(batch);
} catch (...) {
    {
        const std::lock_guard lock{failure_mutex_};
        if (!failure_) failure_ = std::current_exception();
    }
    stop_.request_stop();
}

/// @return empty at the end.
ImportLanes::Batch ImportLanes::next_batch(Lane& lane) {
    Batch batch;
    {
        std::unique_lock lock{lane.mutex};
        const bool is_awake = lane.changed.wait(lock, stop_.get_token(),
                                                [&] { return !lane.waiting.empty() || lane.is_complete; });
        if (!is_awake || stop_.stop_requested()) return {};
        // What waits is no more than one batch takes, but for an enrollment that is large by itself.
        for (auto& waiting : lane.waiting) batch.push_back(std::move(waiting.enrollment));
        lane.waiting.clear();
        lane.bytes = 0;
    }
    lane.changed.notify_all();
    return batch;
}

} // namespace nanomdm::migrate
