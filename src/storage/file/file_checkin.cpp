// What check-ins store.
#include "storage/file/file_storage.hpp"
#include "storage/file/recorded_event.hpp"
#include "storage/file/store.hpp"

#include <map>

namespace nanomdm::storage {

using file::EnrollmentEntry;
using file::Lsn;
using file::QueuedCommand;
using file::recorded_event;
using file::shared_bytes;
using file::with_event;

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
    const auto event = recorded_event(message);
    store_->journal().admit();
    Lsn lsn = 0;
    {
        const std::lock_guard lock{store_->ledger().mutex};
        const EnrollmentEntry* device = store_->ledger().index.find(record.id);
        record.users = user_ids(device);
        if (store_->options().delete_finished) record.dropped_commands = commands_of_nobody_else(device);
        lsn = store_->record(with_event(std::move(record), event));
    }
    store_->journal().wait_durable(lsn);
}

int FileStorage::store_token_update(const TokenUpdate& message) {
    const file::Record effect = file::TokenUpdateRecord{
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
    auto& ledger = store_->ledger();
    const auto current_tally = [&]() -> std::uint32_t {
        const EnrollmentEntry* entry = ledger.index.find(message.enrollment.id.str());
        return entry == nullptr ? 0 : entry->tally;
    };
    store_->journal().admit();
    for (;;) {
        // The event tells the tally: it is made outside the lock for the one there should be.
        std::uint32_t tally = 0;
        std::optional<file::EventRecord> event;
        if (message.event) {
            {
                const std::lock_guard lock{ledger.mutex};
                tally = current_tally() + 1;
            }
            event = file::event_record(make_event(message, static_cast<int>(tally)));
        }
        const file::Record record = with_event(effect, event);
        const std::string encoded = file::encode(record);
        Lsn lsn = 0;
        {
            const std::lock_guard lock{ledger.mutex};
            require_authenticated(ledger.index, message.enrollment.device());
            if (event && current_tally() + 1 != tally) continue; // another one was faster
            lsn = store_->record(record, encoded);
            tally = current_tally();
        }
        store_->journal().wait_durable(lsn);
        return static_cast<int>(tally);
    }
}

void FileStorage::store_check_out(const CheckOut& message) {
    file::CheckOutRecord record{.at = file::now(), .id = message.enrollment.id.str(), .users = {}};
    const auto event = recorded_event(message);
    store_->journal().admit();
    Lsn lsn = 0;
    {
        const std::lock_guard lock{store_->ledger().mutex};
        const EnrollmentEntry* entry = store_->ledger().index.find(record.id);
        const bool is_known = entry != nullptr && entry->is_known;
        if (!is_known && !event) return;
        record.users = user_ids(entry);
        lsn = store_->record(is_known ? with_event(std::move(record), event) : file::Record{*event});
    }
    store_->journal().wait_durable(lsn);
}

template <class Sent, class Effect>
void FileStorage::store_for_authenticated(const Sent& message, Effect effect) {
    const file::Record record = with_event(std::move(effect), recorded_event(message));
    const std::string encoded = file::encode(record);
    store_->journal().admit();
    Lsn lsn = 0;
    {
        const std::lock_guard lock{store_->ledger().mutex};
        require_authenticated(store_->ledger().index, message.enrollment.device());
        lsn = store_->record(record, encoded);
    }
    store_->journal().wait_durable(lsn);
}

void FileStorage::store_user_authenticate(const UserAuthenticate& message) {
    store_for_authenticated(message,
                            file::UserAuthenticateRecord{
                                .at = file::now(),
                                .id = message.enrollment.id.str(),
                                .type = message.enrollment.type,
                                .parent = message.enrollment.parent ? message.enrollment.parent->str() : "",
                                .has_digest = !message.digest_response.empty(),
                                .raw = shared_bytes(message.raw)});
}

void FileStorage::store_bootstrap_token(const SetBootstrapToken& message) {
    const std::string& token = message.token;
    store_for_authenticated(
        message, file::BootstrapTokenRecord{.at = file::now(),
                                            .device = message.enrollment.device().str(),
                                            .token = token.empty() ? nullptr : shared_bytes(token)});
}

void FileStorage::touch_last_seen(const Enrollment& enrollment) {
    const std::lock_guard lock{store_->ledger().mutex};
    if (auto* entry = store_->ledger().index.find(enrollment.id.str())) store_->touch(*entry);
}

} // namespace nanomdm::storage
