// The outbox's operations under the storage's one lock.
#include "storage/inmem/inmem_storage.hpp"

#include <mutex>

namespace nanomdm::storage {

void InMemStorage::record_event(const Event& event) {
    const std::unique_lock lock{mutex_};
    outbox_.record(event);
}

std::vector<OutboxLane> InMemStorage::lease_events(const LeaseRequest& request) {
    const std::unique_lock lock{mutex_};
    return outbox_.lease(request);
}

void InMemStorage::finish_lanes(std::span<const LaneVisit> visits) {
    const std::unique_lock lock{mutex_};
    for (const LaneVisit& visit : visits) outbox_.finish(visit);
}

std::vector<DeadLetter> InMemStorage::dead_letters(std::uint64_t after, std::size_t limit) {
    const std::shared_lock lock{mutex_};
    return outbox_.dead_letters(after, limit);
}

std::size_t InMemStorage::replay_dead_letters(std::span<const std::uint64_t> numbers) {
    const std::unique_lock lock{mutex_};
    return outbox_.replay(numbers);
}

std::size_t InMemStorage::shed_events(std::uint64_t most) {
    const std::unique_lock lock{mutex_};
    return outbox_.shed(most);
}

OutboxState InMemStorage::outbox_state() {
    const std::shared_lock lock{mutex_};
    return outbox_.state();
}

} // namespace nanomdm::storage
