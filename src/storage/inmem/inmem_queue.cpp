// The command queues.
#include "storage/inmem/inmem_storage.hpp"

#include "mdm/event.hpp"

#include <mutex>

namespace nanomdm::storage {

using inmem::Queue;
using inmem::QueueItem;
using inmem::Record;

QueueItem& Queue::add(std::shared_ptr<const Command> command) {
    const CommandUuid uuid = command->uuid;
    const std::uint64_t position = next_position++;
    QueueItem& item = items.try_emplace(uuid, std::move(command), position).first->second;
    pending.emplace(position, &item);
    return item;
}

void Queue::leave_pending(QueueItem& item, QueueItem::State state) {
    item.state = state;
    pending.erase(item.position);
}

void Queue::clear_pending() {
    for (const auto& [position, item] : pending) item->state = QueueItem::State::cleared;
    pending.clear();
}

std::vector<EnqueueOutcome> InMemStorage::enqueue(const Command& command, std::span<const EnrollmentId> ids) {
    const std::unique_lock lock{mutex_};
    const auto known = commands_.find(command.uuid);
    if (known != commands_.end() && known->second->raw != command.raw) {
        throw Error{Errc::conflict, "command UUID exists with another command"};
    }
    const auto stored = known != commands_.end() ? known->second : std::make_shared<const Command>(command);

    const auto enqueue_to = [&](const EnrollmentId& id) {
        Record* record = find(id);
        if (record == nullptr || !record->completed) return EnqueueOutcome::enrollment_not_found;
        if (!record->enabled) return EnqueueOutcome::enrollment_disabled;
        const auto before = record->queue.items.find(command.uuid);
        if (before != record->queue.items.end()) {
            return before->second.state == QueueItem::State::pending ? EnqueueOutcome::already_queued
                                                                     : EnqueueOutcome::uuid_already_used;
        }
        record->queue.add(stored);
        commands_.try_emplace(command.uuid, stored);
        return EnqueueOutcome::queued;
    };
    std::vector<EnqueueOutcome> outcomes;
    outcomes.reserve(ids.size());
    for (const EnrollmentId& id : ids) outcomes.push_back(enqueue_to(id));
    return outcomes;
}

bool InMemStorage::store_report(const CommandReport& report) {
    const std::unique_lock lock{mutex_};
    const bool known = apply_report(report);
    if (report.event) outbox_.record(make_event(report));
    return known;
}

bool InMemStorage::apply_report(const CommandReport& report) {
    if (!report.command_uuid) return false;
    Record* record = find(report.enrollment.id);
    if (record == nullptr) return false;
    const auto found = record->queue.items.find(*report.command_uuid);
    if (found == record->queue.items.end()) return false;

    QueueItem& item = found->second;
    if (item.state == QueueItem::State::cleared) return false;
    // A late duplicate from before the command was done: were it believed, the command would run twice.
    if (report.is_not_now() && item.state == QueueItem::State::finished) return true;

    if (!item.result) item.result = StoredResult{report.status, {}, 0, std::nullopt};
    StoredResult& result = *item.result;
    result.status = report.status;
    result.raw = report.raw;
    if (report.is_not_now()) {
        ++result.not_now_tally;
        if (!result.first_not_now_at) result.first_not_now_at = std::chrono::system_clock::now();
    } else {
        record->queue.leave_pending(item, QueueItem::State::finished);
    }
    return true;
}

std::optional<Command> InMemStorage::next_command(const EnrollmentId& id, NotNow not_now) {
    const std::shared_lock lock{mutex_};
    const Record* record = find(id);
    if (record == nullptr) return std::nullopt;
    for (const auto& [position, item] : record->queue.pending) {
        if (not_now == NotNow::candidates || !item->answered_not_now()) return *item->command;
    }
    return std::nullopt;
}

std::optional<StoredResult> InMemStorage::result(const EnrollmentId& id, const CommandUuid& uuid) {
    const std::shared_lock lock{mutex_};
    const Record* record = find(id);
    if (record == nullptr) return std::nullopt;
    const auto found = record->queue.items.find(uuid);
    return found == record->queue.items.end() ? std::nullopt : found->second.result;
}

} // namespace nanomdm::storage
