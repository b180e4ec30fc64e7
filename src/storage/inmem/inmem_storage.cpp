// Check-ins, push data and the views of an enrollment.
#include "storage/inmem/inmem_storage.hpp"

#include "mdm/event.hpp"

#include <mutex>

namespace nanomdm::storage {

using importing::Part;
using inmem::Record;

Record* InMemStorage::find(const EnrollmentId& id) {
    const auto found = records_.find(id);
    return found == records_.end() ? nullptr : &found->second;
}

Record& InMemStorage::authenticated_device(const EnrollmentId& device) {
    Record* record = find(device);
    if (record == nullptr || !record->authenticated) {
        throw Error{Errc::invalid, "no Authenticate from device " + device.str()};
    }
    return *record;
}

Record& InMemStorage::channel(const Enrollment& enrollment) {
    Record& device = authenticated_device(enrollment.device());
    if (!enrollment.is_user_channel()) return device;
    device.users.insert(enrollment.id);
    Record& user = records_.try_emplace(enrollment.id, enrollment).first->second;
    user.enrollment = enrollment;
    return user;
}

void InMemStorage::store_authenticate(const Authenticate& message, const std::string& identity_pem) {
    const std::unique_lock lock{mutex_};
    const EnrollmentId& id = message.enrollment.id;
    Record& device = records_.try_emplace(id, message.enrollment).first->second;

    devices_.insert(id);
    device.enrollment = message.enrollment;
    device.authenticated = true;
    device.serial_number = message.serial_number.str();
    device.identity_pem = identity_pem.empty() ? std::nullopt : std::optional{identity_pem};
    device.messages.authenticate = message.raw;

    const auto start_anew = [](Record& record) {
        record.disable();
        record.pushable = true;
        record.queue.clear_pending();
        record.messages.unlock_token.reset();
        record.import.reset();
    };
    device.bootstrap_token.reset();
    start_anew(device);
    for (const EnrollmentId& user : device.users) start_anew(records_.at(user));
    if (message.event) outbox_.record(make_event(message));
}

int InMemStorage::store_token_update(const TokenUpdate& message) {
    const std::unique_lock lock{mutex_};
    Record& record = channel(message.enrollment);
    const TimePoint now = std::chrono::system_clock::now();

    record.enrollment = message.enrollment;
    record.import.reset();
    record.completed = true;
    record.enabled = true;
    record.push = message.push;
    record.pushable = true;
    record.token_updated_at = now;
    record.last_seen_at = now;
    record.user_short_name = message.user_short_name.str();
    record.user_long_name = message.user_long_name.str();
    record.messages.token_update = message.raw;
    if (!message.unlock_token.empty()) record.messages.unlock_token = message.unlock_token;
    ++record.token_update_tally;
    if (message.event) outbox_.record(make_event(message, record.token_update_tally));
    return record.token_update_tally;
}

void InMemStorage::store_check_out(const CheckOut& message) {
    const std::unique_lock lock{mutex_};
    if (Record* record = find(message.enrollment.id)) {
        const auto check_out = [](Record& one) {
            one.disable();
            one.import.reset();
        };
        check_out(*record);
        for (const EnrollmentId& user : record->users) check_out(records_.at(user));
    }
    if (message.event) outbox_.record(make_event(message));
}

void InMemStorage::store_user_authenticate(const UserAuthenticate& message) {
    const std::unique_lock lock{mutex_};
    Record& record = channel(message.enrollment);
    if (message.digest_response.empty()) {
        record.messages.user_authenticate = message.raw;
        record.note_sent(Part::user_authenticate);
    } else {
        record.messages.user_authenticate_digest = message.raw;
        record.note_sent(Part::user_authenticate_digest);
    }
    if (message.event) outbox_.record(make_event(message));
}

void InMemStorage::touch_last_seen(const Enrollment& enrollment) {
    const std::unique_lock lock{mutex_};
    if (Record* record = find(enrollment.id)) record->last_seen_at = std::chrono::system_clock::now();
}

void InMemStorage::store_bootstrap_token(const SetBootstrapToken& message) {
    const std::unique_lock lock{mutex_};
    Record& device = authenticated_device(message.enrollment.device());
    device.bootstrap_token = message.token.empty() ? std::nullopt : std::optional{message.token};
    device.note_sent(Part::bootstrap_token);
    if (message.event) outbox_.record(make_event(message));
}

std::optional<std::string> InMemStorage::bootstrap_token(const EnrollmentId& device) {
    const std::shared_lock lock{mutex_};
    const Record* record = find(device);
    return record == nullptr ? std::nullopt : record->bootstrap_token;
}

std::vector<std::optional<PushTarget>> InMemStorage::push_targets(std::span<const EnrollmentId> ids) {
    const std::shared_lock lock{mutex_};
    std::vector<std::optional<PushTarget>> targets;
    targets.reserve(ids.size());
    for (const EnrollmentId& id : ids) {
        const Record* record = find(id);
        auto& target = targets.emplace_back();
        if (record == nullptr || !record->enabled || !record->push) continue;
        target = PushTarget{*record->push, record->token_updated_at, record->pushable};
    }
    return targets;
}

void InMemStorage::mark_not_pushable(std::span<const DeadToken> tokens) {
    const std::unique_lock lock{mutex_};
    for (const auto& [id, token] : tokens) {
        Record* record = find(id);
        if (record == nullptr || !record->push || record->push->token != token) continue;
        record->pushable = false;
        const bool is_doubtful = record->import && record->import->is_unconfirmed;
        if (is_doubtful && !record->last_seen_at) record->enabled = false;
    }
}

void InMemStorage::store_push_certificate(const PushCertificate& certificate) {
    const std::unique_lock lock{mutex_};
    const auto [at, is_new] =
        push_certificates_.try_emplace(certificate.topic, VersionedCertificate{certificate});
    if (is_new) return;
    at->second.certificate = certificate;
    ++at->second.version;
}

std::optional<PushCertificate> InMemStorage::push_certificate(const Topic& topic) {
    const std::shared_lock lock{mutex_};
    const auto found = push_certificates_.find(topic);
    if (found == push_certificates_.end()) return std::nullopt;
    return found->second.certificate;
}

std::optional<std::uint64_t> InMemStorage::push_certificate_version(const Topic& topic) {
    const std::shared_lock lock{mutex_};
    const auto found = push_certificates_.find(topic);
    if (found == push_certificates_.end()) return std::nullopt;
    return found->second.version;
}

std::vector<Topic> InMemStorage::push_topics() {
    const std::shared_lock lock{mutex_};
    std::vector<Topic> topics;
    for (const auto& [topic, stored] : push_certificates_) topics.push_back(topic);
    return topics;
}

std::optional<EnrollmentState> InMemStorage::enrollment(const EnrollmentId& id) {
    const std::shared_lock lock{mutex_};
    const Record* record = find(id);
    if (record == nullptr) return std::nullopt;
    return record->state();
}

EnrollmentMessages InMemStorage::messages(const EnrollmentId& id) {
    const std::shared_lock lock{mutex_};
    const Record* record = find(id);
    return record == nullptr ? EnrollmentMessages{} : record->messages;
}

} // namespace nanomdm::storage
