// Opening and closing, and reading enrollments.
#include "storage/file/file_storage.hpp"

#include "storage/file/store.hpp"

#include <array>
#include <utility>

namespace nanomdm::storage {

using file::Body;

FileStorage::FileStorage(FileOptions options) : store_{std::make_unique<file::Store>(std::move(options))} {}
FileStorage::~FileStorage() = default;

void FileStorage::checkpoint() { store_->checkpoint(); }
std::uint64_t FileStorage::journal_backlog() const noexcept { return store_->journal().backlog(); }

std::optional<EnrollmentState> FileStorage::enrollment(const EnrollmentId& id) {
    std::optional<EnrollmentState> state;
    file::Lsn lsn = 0;
    {
        const std::lock_guard lock{store_->ledger().mutex};
        const auto* entry = store_->ledger().index.find(id.str());
        if (entry == nullptr || !entry->is_known) return std::nullopt;
        lsn = entry->lsn;
        state = EnrollmentState{.enrollment = {id, entry->type, std::nullopt},
                                .enabled = entry->is_enabled,
                                .token_update_tally = static_cast<int>(entry->tally),
                                .serial_number = entry->serial_number,
                                .push = std::nullopt,
                                .last_seen_at = std::nullopt,
                                .user_short_name = entry->short_name,
                                .user_long_name = entry->long_name};
        if (entry->device != nullptr) state->enrollment.parent = EnrollmentId{entry->device->id};
        if (entry->is_completed)
            state->push =
                PushInfo{Topic{*entry->topic}, PushMagic{entry->push_magic}, PushToken{entry->push_token}};
        if (entry->last_seen != 0) state->last_seen_at = file::time_point(entry->last_seen);
    }
    store_->journal().wait_durable(lsn);
    return state;
}

EnrollmentMessages FileStorage::messages(const EnrollmentId& id) {
    constexpr std::array wanted{Body::authenticate, Body::token_update, Body::unlock_token,
                                Body::user_authenticate, Body::user_authenticate_digest};
    auto found = store_->bodies(id.str(), wanted);
    return {.authenticate = std::move(found[0]),
            .token_update = std::move(found[1]),
            .unlock_token = std::move(found[2]),
            .user_authenticate = std::move(found[3]),
            .user_authenticate_digest = std::move(found[4])};
}

std::optional<std::string> FileStorage::bootstrap_token(const EnrollmentId& device) {
    return store_->body(device.str(), Body::bootstrap_token);
}

std::optional<std::string> FileStorage::identity_pem(const EnrollmentId& device) {
    return store_->body(device.str(), Body::identity);
}

} // namespace nanomdm::storage
