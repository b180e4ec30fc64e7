// What each kind of record does to the index.
#include "storage/file/crc32c.hpp"
#include "storage/file/index.hpp"

#include <algorithm>

namespace nanomdm::storage::file {
namespace {

/// Whether the record is news to the entry; notes it as applied.
bool is_news(EnrollmentEntry& entry, Lsn lsn) noexcept {
    if (entry.lsn >= lsn) return false;
    entry.lsn = lsn;
    return true;
}

void disable(EnrollmentEntry& entry) noexcept {
    entry.is_enabled = false;
    entry.tally = 0;
}

void mark(EnrollmentEntry& entry, Body body, const Bytes& bytes) {
    entry.bodies[number_of(body)] =
        bytes ? BodyMark{true, crc32c(*bytes), static_cast<std::uint32_t>(bytes->size())} : BodyMark{};
}

} // namespace

void Index::apply(Lsn lsn, const Record& record) {
    std::visit([this, lsn](const auto& one) { apply_one(lsn, one); }, record);
}

void Index::start_anew(EnrollmentEntry& entry) {
    disable(entry);
    entry.is_pushable = true;
    entry.bodies[number_of(Body::unlock_token)] = {};
    for (const auto& pending : entry.queue) release(*pending.command);
    entry.queue.clear();
}

void Index::apply_one(Lsn lsn, const AuthenticateRecord& record) {
    EnrollmentEntry& device = find_or_add(record.id);
    for (const auto& id : record.users) {
        EnrollmentEntry& user = find_or_add(id);
        if (is_news(user, lsn)) start_anew(user);
    }
    if (!is_news(device, lsn)) return;
    start_anew(device);
    device.type = record.type;
    device.is_known = true;
    device.serial_number = record.serial_number;
    mark(device, Body::authenticate, record.raw);
    mark(device, Body::identity, record.identity_pem);
    mark(device, Body::bootstrap_token, nullptr);
}

void Index::apply_one(Lsn lsn, const TokenUpdateRecord& record) {
    EnrollmentEntry& entry = find_or_add(record.id);
    set_parent(entry, record.parent);
    entry.last_seen = std::max(entry.last_seen, record.at);
    if (!is_news(entry, lsn)) return;
    entry.type = record.type;
    entry.is_known = true;
    entry.is_completed = true;
    entry.is_enabled = true;
    entry.is_pushable = true;
    ++entry.tally;
    entry.token_updated = record.at;
    entry.topic = shared_topic(record.topic);
    entry.push_magic = record.magic;
    entry.push_token = record.token;
    entry.short_name = record.short_name;
    entry.long_name = record.long_name;
    mark(entry, Body::token_update, record.raw);
    if (record.unlock_token) mark(entry, Body::unlock_token, record.unlock_token);
}

void Index::apply_one(Lsn lsn, const CheckOutRecord& record) {
    EnrollmentEntry& entry = find_or_add(record.id);
    if (is_news(entry, lsn)) disable(entry);
    for (const auto& id : record.users) {
        EnrollmentEntry& user = find_or_add(id);
        if (is_news(user, lsn)) disable(user);
    }
}

void Index::apply_one(Lsn lsn, const UserAuthenticateRecord& record) {
    EnrollmentEntry& entry = find_or_add(record.id);
    set_parent(entry, record.parent);
    if (!is_news(entry, lsn)) return;
    entry.type = record.type;
    entry.is_known = true;
    mark(entry, record.has_digest ? Body::user_authenticate_digest : Body::user_authenticate, record.raw);
}

void Index::apply_one(Lsn lsn, const BootstrapTokenRecord& record) {
    EnrollmentEntry& entry = find_or_add(record.device);
    if (is_news(entry, lsn)) mark(entry, Body::bootstrap_token, record.token);
}

void Index::apply_one(Lsn lsn, const CertificateRecord& record) {
    EnrollmentEntry& device = find_or_add(record.device);
    add_certificate(device, certificate_hash(record.hash));
    if (is_news(device, lsn) && record.pem) mark(device, Body::identity, record.pem);
}

void Index::apply_one(Lsn lsn, const EnqueueRecord& record) {
    // A state file can be ahead of the command's own files: then this record alone describes it.
    QueuedCommand* command = queued_command(record.uuid);
    if (command != nullptr && command->request_type.empty()) command->request_type = record.request_type;
    for (const auto& id : record.ids) {
        EnrollmentEntry& entry = find_or_add(id);
        if (!is_news(entry, lsn)) continue;
        if (command == nullptr) {
            command = &find_or_add_command(record.uuid);
            command->request_type = record.request_type;
            command->created = lsn;
        }
        add_pending(entry, *command, 0, 0);
    }
}

void Index::apply_one(Lsn lsn, const ReportRecord& record) {
    EnrollmentEntry& entry = find_or_add(record.id);
    if (!is_news(entry, lsn)) return;
    const auto pending = std::ranges::find_if(
        entry.queue, [&record](const PendingCommand& one) { return one.command->uuid == record.uuid; });
    if (pending == entry.queue.end()) return; // a repeated report on a finished command
    if (record.finishes) {
        remove_pending(entry, static_cast<std::size_t>(pending - entry.queue.begin()));
    } else {
        pending->not_now_tally = record.not_now_tally;
        pending->first_not_now = record.first_not_now;
    }
}

void Index::apply_one(Lsn lsn, const NotPushableRecord& record) {
    EnrollmentEntry& entry = find_or_add(record.id);
    if (is_news(entry, lsn)) entry.is_pushable = false;
}

void Index::apply_one(Lsn lsn, const PushCertificateRecord& record) {
    auto& stored = push_certificates_[record.topic];
    if (stored.lsn < lsn) stored = {record.certificate_pem, record.private_key_pem, lsn};
}

void Index::apply_one(Lsn, const LastSeenRecord& record) {
    for (const auto& [id, seen] : record.seen) {
        EnrollmentEntry* entry = find(id);
        if (entry != nullptr) entry->last_seen = std::max(entry->last_seen, seen);
    }
}

void Index::apply_one(Lsn lsn, const EventRecord& record) {
    if (record.effect) apply(lsn, record.effect->record);
}

// Events are the outbox's.
void Index::apply_one(Lsn, const VisitRecord&) {}
void Index::apply_one(Lsn, const ReplayRecord&) {}
void Index::apply_one(Lsn, const ShedRecord&) {}

// What these change lies in plain files and the journal alone.
void Index::apply_one(Lsn, const DropCommandsRecord&) {}
void Index::apply_one(Lsn, const CheckpointRecord&) {}

} // namespace nanomdm::storage::file
