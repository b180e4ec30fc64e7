// What concerns the first storage alone: reading, and the webhook's outbox.
#include "storage/multi/multi_storage.hpp"

namespace nanomdm::storage {

std::optional<std::string> MultiStorage::bootstrap_token(const EnrollmentId& device) {
    return first_->bootstrap_token(device);
}

bool MultiStorage::is_associated(const EnrollmentId& device, const std::string& hash) {
    return first_->is_associated(device, hash);
}

std::optional<EnrollmentId> MultiStorage::device_of_certificate(const std::string& hash) {
    return first_->device_of_certificate(hash);
}

std::optional<std::string> MultiStorage::identity_pem(const EnrollmentId& device) {
    return first_->identity_pem(device);
}

std::optional<Command> MultiStorage::next_command(const EnrollmentId& id, NotNow not_now) {
    return first_->next_command(id, not_now);
}

std::optional<StoredResult> MultiStorage::result(const EnrollmentId& id, const CommandUuid& uuid) {
    return first_->result(id, uuid);
}

std::vector<std::optional<PushTarget>> MultiStorage::push_targets(std::span<const EnrollmentId> ids) {
    return first_->push_targets(ids);
}

std::optional<PushCertificate> MultiStorage::push_certificate(const Topic& topic) {
    return first_->push_certificate(topic);
}

std::optional<std::uint64_t> MultiStorage::push_certificate_version(const Topic& topic) {
    return first_->push_certificate_version(topic);
}

std::vector<Topic> MultiStorage::push_topics() { return first_->push_topics(); }

std::optional<EnrollmentState> MultiStorage::enrollment(const EnrollmentId& id) {
    return first_->enrollment(id);
}

EnrollmentMessages MultiStorage::messages(const EnrollmentId& id) { return first_->messages(id); }

std::vector<EnrollmentState> MultiStorage::devices_after(const std::optional<EnrollmentId>& after,
                                                         std::size_t limit) {
    return first_->devices_after(after, limit);
}

std::vector<EnrollmentState> MultiStorage::user_channels(const EnrollmentId& device) {
    return first_->user_channels(device);
}

void MultiStorage::record_event(const Event& event) { first_->record_event(event); }

std::vector<OutboxLane> MultiStorage::lease_events(const LeaseRequest& request) {
    return first_->lease_events(request);
}

void MultiStorage::finish_lanes(std::span<const LaneVisit> visits) { first_->finish_lanes(visits); }

std::vector<DeadLetter> MultiStorage::dead_letters(std::uint64_t after, std::size_t limit) {
    return first_->dead_letters(after, limit);
}

std::size_t MultiStorage::replay_dead_letters(std::span<const std::uint64_t> numbers) {
    return first_->replay_dead_letters(numbers);
}

std::size_t MultiStorage::shed_events(std::uint64_t most) { return first_->shed_events(most); }

OutboxState MultiStorage::outbox_state() { return first_->outbox_state(); }

void MultiStorage::ping() { first_->ping(); }

} // namespace nanomdm::storage
