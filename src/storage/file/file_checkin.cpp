// What check-ins store.
#include "storage/file/file_storage.hpp"
#include "storage/file/store.hpp"

#include <map>

namespace nanomdm::storage {

using file::EnrollmentEntry;
using file::Lsn;
using file::QueuedCommand;
using file::shared_bytes;

namespace {

void require_authenticated(file::Index& index, const EnrollmentId& device) {
    const EnrollmentEntry* entry = index.find(device.str());
    if (entry == nullptr || !entry->has_authenticated())
        throw Error{Errc::invalid, "no Authenticate from device " + device.str()};
}

std::vector<std::string> user_ids(const EnrollmentEntry* device) {
    std::vector<std::string> ids;
    if (device != nullptr) {
        for (const EnrollmentEntry* user : device->users) ids.push_back(user->id);
    }
    return ids;
}

/// Commands that no queue but those of the device and its users refers to.
std::vector<std::string> commands_of_nobody_else(const EnrollmentEntry* device) {
    std::map<const QueuedCommand*, std::uint32_t> references;
    const auto count = [&references](const EnrollmentEntry& entry) {
        for (const auto& pending : entry.queue) ++references[pending.command];
    };
    if (device != nullptr) {
        count(*device);
        for (const EnrollmentEntry* user : device->users) count(*user);
    }
    std::vector<std::string> uuids;
    for (const auto& [command, number] : references) {
        if (number == command->pending) uuids.push_back(command->uuid);
    }
    return uuids;
}

} // namespace

void FileStorage::store_authenticate(const Authenticate& message, const std::string& identity_pem) {
    file::AuthenticateRecord record{.at = file::now(),
                                    .id = message.enrollment.id.str(),
                                    .type = message.enrollment.type,
                                    .serial_number = message.serial_number.str(),
                                    .identity_pem =
                                        identity_pem.empty() ? nullptr : shared_bytes(identity_pem),
                                    .raw = shared_bytes(message.raw),
                                    .users = {},
                                    .dropped_commands = {}};
    store_->journal().admit();
    Lsn lsn = 0;
    {
        const std::lock_guard lock{store_->ledger().mutex};
        const EnrollmentEntry* device = store_->ledger().index.find(record.id);
        record.users = user_ids(device);
        if (store_->options().delete_finished) record.dropped_commands = commands_of_nobody_else(device);
        lsn = store_->record(record);
    }
    store_->journal().wait_durable(lsn);
}

int FileStorage::store_token_update(const TokenUpdate& message) {
    const file::Record record = file::TokenUpdateRecord{
        .at = file::now(),
        .id = message.enrollment.id.str(),
        .type = message.enrollment.type,
        .parent = message.enrollment.parent ? message.enrollment.parent->str() : "",
        .topic = message.push.topic.str(),
        .magic = message.push.magic.str(),
        .token = message.push.token.bytes(),
        .short_name = message.user_short_name.str(),
        .long_name = message.user_long_name.str(),
        .unlock_token = message.unlock_token.empty() ? nullptr : shared_bytes(message.unlock_token),
        .raw = shared_bytes(message.raw)};
    const std::string encoded = file::encode(record);
    store_->journal().admit();
    Lsn lsn = 0;
    std::uint32_t tally = 0;
    {
        auto& ledger = store_->ledger();
        const std::lock_guard lock{ledger.mutex};
        require_authenticated(ledger.index, message.enrollment.device());
        lsn = store_->record(record, encoded);
        tally = ledger.index.find(message.enrollment.id.str())->tally;
    }
    store_->journal().wait_durable(lsn);
    return static_cast<int>(tally);
}

void FileStorage::store_check_out(const CheckOut& message) {
    file::CheckOutRecord record{.at = file::now(), .id = message.enrollment.id.str(), .users = {}};
    store_->journal().admit();
    Lsn lsn = 0;
    {
        const std::lock_guard lock{store_->ledger().mutex};
        const EnrollmentEntry* entry = store_->ledger().index.find(record.id);
        if (entry == nullptr || !entry->is_known) return;
        record.users = user_ids(entry);
        lsn = store_->record(record);
    }
    store_->journal().wait_durable(lsn);
}

void FileStorage::store_user_authenticate(const UserAuthenticate& message) {
    const file::Record record = file::UserAuthenticateRecord{
        .at = file::now(),
        .id = message.enrollment.id.str(),
        .type = message.enrollment.type,
        .parent = message.enrollment.parent ? message.enrollment.parent->str() : "",
        .has_digest = !message.digest_response.empty(),
        .raw = shared_bytes(message.raw)};
    store_->journal().admit();
    Lsn lsn = 0;
    {
        const std::lock_guard lock{store_->ledger().mutex};
        require_authenticated(store_->ledger().index, message.enrollment.device());
        lsn = store_->record(record);
    }
    store_->journal().wait_durable(lsn);
}

void FileStorage::store_bootstrap_token(const SetBootstrapToken& message) {
    const EnrollmentId& device = message.enrollment.device();
    const std::string& token = message.token;
    const file::Record record = file::BootstrapTokenRecord{
        .at = file::now(), .device = device.str(), .token = token.empty() ? nullptr : shared_bytes(token)};
    store_->journal().admit();
    Lsn lsn = 0;
    {
        const std::lock_guard lock{store_->ledger().mutex};
        require_authenticated(store_->ledger().index, device);
        lsn = store_->record(record);
    }
    store_->journal().wait_durable(lsn);
}

void FileStorage::touch_last_seen(const Enrollment& enrollment) {
    const std::lock_guard lock{store_->ledger().mutex};
    if (auto* entry = store_->ledger().index.find(enrollment.id.str())) store_->touch(*entry);
}

} // namespace nanomdm::storage
