// One line for each operation; the compiler says when the interface has one that is missing here.
#include "storage/metered/metered_storage.hpp"

#include <algorithm>
#include <chrono>

namespace nanomdm::storage {
namespace {

consteval std::size_t place_of(std::string_view operation) {
    const auto& all = MeteredStorage::operations;
    const auto found = std::find(all.begin(), all.end(), operation);
    if (found == all.end()) throw "no such operation";
    return static_cast<std::size_t>(found - all.begin());
}

/// Notes how long a call took, and whether it ended by an exception.
class Measurement {
public:
    explicit Measurement(OperationStatistics& statistics) noexcept : statistics_{statistics} {}
    ~Measurement() {
        statistics_.latency.observe(std::chrono::steady_clock::now() - begun_);
        if (!succeeded_) statistics_.failures.add();
    }
    Measurement(const Measurement&) = delete;
    Measurement& operator=(const Measurement&) = delete;
    void succeed() noexcept { succeeded_ = true; }

private:
    OperationStatistics& statistics_;
    const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    bool succeeded_ = false;
};

} // namespace

template <std::size_t operation, class Call> auto MeteredStorage::measured(Call call) {
    Measurement measurement{statistics_[operation]};
    if constexpr (std::is_void_v<decltype(call())>) {
        call();
        measurement.succeed();
    } else {
        auto result = call();
        measurement.succeed();
        return result;
    }
}

void MeteredStorage::store_authenticate(const Authenticate& message, const std::string& identity_pem) {
    return measured<place_of("store_authenticate")>(
        [&] { return storage_->store_authenticate(message, identity_pem); });
}

int MeteredStorage::store_token_update(const TokenUpdate& message) {
    return measured<place_of("store_token_update")>([&] { return storage_->store_token_update(message); });
}

void MeteredStorage::store_check_out(const CheckOut& message) {
    return measured<place_of("store_check_out")>([&] { return storage_->store_check_out(message); });
}

void MeteredStorage::store_user_authenticate(const UserAuthenticate& message) {
    return measured<place_of("store_user_authenticate")>(
        [&] { return storage_->store_user_authenticate(message); });
}

void MeteredStorage::touch_last_seen(const Enrollment& enrollment) {
    return measured<place_of("touch_last_seen")>([&] { return storage_->touch_last_seen(enrollment); });
}

void MeteredStorage::store_bootstrap_token(const SetBootstrapToken& message) {
    return measured<place_of("store_bootstrap_token")>(
        [&] { return storage_->store_bootstrap_token(message); });
}

std::optional<std::string> MeteredStorage::bootstrap_token(const EnrollmentId& device) {
    return measured<place_of("bootstrap_token")>([&] { return storage_->bootstrap_token(device); });
}

bool MeteredStorage::is_associated(const EnrollmentId& device, const std::string& hash) {
    return measured<place_of("is_associated")>([&] { return storage_->is_associated(device, hash); });
}

ClaimOutcome MeteredStorage::claim_certificate(const EnrollmentId& device, const std::string& hash,
                                               ClaimRule rule) {
    return measured<place_of("claim_certificate")>(
        [&] { return storage_->claim_certificate(device, hash, rule); });
}

std::optional<EnrollmentId> MeteredStorage::device_of_certificate(const std::string& hash) {
    return measured<place_of("device_of_certificate")>([&] { return storage_->device_of_certificate(hash); });
}

std::optional<std::string> MeteredStorage::identity_pem(const EnrollmentId& device) {
    return measured<place_of("identity_pem")>([&] { return storage_->identity_pem(device); });
}

ClaimOutcome MeteredStorage::renew_certificate(const EnrollmentId& device,
                                               const IdentityCertificate& certificate) {
    return measured<place_of("renew_certificate")>(
        [&] { return storage_->renew_certificate(device, certificate); });
}

std::vector<EnqueueOutcome> MeteredStorage::enqueue(const Command& command,
                                                    std::span<const EnrollmentId> ids) {
    return measured<place_of("enqueue")>([&] { return storage_->enqueue(command, ids); });
}

bool MeteredStorage::store_report(const CommandReport& report) {
    return measured<place_of("store_report")>([&] { return storage_->store_report(report); });
}

std::optional<Command> MeteredStorage::next_command(const EnrollmentId& id, NotNow not_now) {
    return measured<place_of("next_command")>([&] { return storage_->next_command(id, not_now); });
}

std::optional<StoredResult> MeteredStorage::result(const EnrollmentId& id, const CommandUuid& uuid) {
    return measured<place_of("result")>([&] { return storage_->result(id, uuid); });
}

std::vector<std::optional<PushTarget>> MeteredStorage::push_targets(std::span<const EnrollmentId> ids) {
    return measured<place_of("push_targets")>([&] { return storage_->push_targets(ids); });
}

void MeteredStorage::mark_not_pushable(std::span<const DeadToken> tokens) {
    return measured<place_of("mark_not_pushable")>([&] { return storage_->mark_not_pushable(tokens); });
}

void MeteredStorage::store_push_certificate(const PushCertificate& certificate) {
    return measured<place_of("store_push_certificate")>(
        [&] { return storage_->store_push_certificate(certificate); });
}

std::optional<PushCertificate> MeteredStorage::push_certificate(const Topic& topic) {
    return measured<place_of("push_certificate")>([&] { return storage_->push_certificate(topic); });
}

std::optional<std::uint64_t> MeteredStorage::push_certificate_version(const Topic& topic) {
    return measured<place_of("push_certificate_version")>(
        [&] { return storage_->push_certificate_version(topic); });
}

std::vector<Topic> MeteredStorage::push_topics() {
    return measured<place_of("push_topics")>([&] { return storage_->push_topics(); });
}

std::optional<EnrollmentState> MeteredStorage::enrollment(const EnrollmentId& id) {
    return measured<place_of("enrollment")>([&] { return storage_->enrollment(id); });
}

EnrollmentMessages MeteredStorage::messages(const EnrollmentId& id) {
    return measured<place_of("messages")>([&] { return storage_->messages(id); });
}

std::vector<EnrollmentState> MeteredStorage::devices_after(const std::optional<EnrollmentId>& after,
                                                           std::size_t limit) {
    return measured<place_of("devices_after")>([&] { return storage_->devices_after(after, limit); });
}

std::vector<EnrollmentState> MeteredStorage::user_channels(const EnrollmentId& device) {
    return measured<place_of("user_channels")>([&] { return storage_->user_channels(device); });
}

void MeteredStorage::record_event(const Event& event) {
    return measured<place_of("record_event")>([&] { return storage_->record_event(event); });
}

std::vector<OutboxLane> MeteredStorage::lease_events(const LeaseRequest& request) {
    return measured<place_of("lease_events")>([&] { return storage_->lease_events(request); });
}

void MeteredStorage::finish_lanes(std::span<const LaneVisit> visits) {
    return measured<place_of("finish_lanes")>([&] { return storage_->finish_lanes(visits); });
}

std::vector<DeadLetter> MeteredStorage::dead_letters(std::uint64_t after, std::size_t limit) {
    return measured<place_of("dead_letters")>([&] { return storage_->dead_letters(after, limit); });
}

std::size_t MeteredStorage::replay_dead_letters(std::span<const std::uint64_t> numbers) {
    return measured<place_of("replay_dead_letters")>([&] { return storage_->replay_dead_letters(numbers); });
}

std::size_t MeteredStorage::shed_events(std::uint64_t most) {
    return measured<place_of("shed_events")>([&] { return storage_->shed_events(most); });
}

OutboxState MeteredStorage::outbox_state() {
    return measured<place_of("outbox_state")>([&] { return storage_->outbox_state(); });
}

std::vector<ImportOutcome> MeteredStorage::import_enrollments(std::span<const ImportedEnrollment> enrollments,
                                                              ImportMode mode) {
    return measured<place_of("import_enrollments")>(
        [&] { return storage_->import_enrollments(enrollments, mode); });
}

} // namespace nanomdm::storage
