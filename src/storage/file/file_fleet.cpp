// Walking through all enrollments, and looking at one.
#include "storage/file/file_storage.hpp"
#include "storage/file/store.hpp"

#include <algorithm>

namespace nanomdm::storage {
namespace {

using file::EnrollmentEntry;
using file::Lsn;

/// Requests of devices wait meanwhile.
constexpr std::size_t entries_under_one_lock = 1000;

EnrollmentState state_of(const EnrollmentEntry& entry) {
    EnrollmentState state{.enrollment = {EnrollmentId{entry.id}, entry.type, std::nullopt},
                          .enabled = entry.is_enabled,
                          .token_update_tally = static_cast<int>(entry.tally),
                          .serial_number = entry.serial_number,
                          .push = std::nullopt,
                          .last_seen_at = std::nullopt,
                          .user_short_name = entry.short_name,
                          .user_long_name = entry.long_name};
    if (entry.device != nullptr) state.enrollment.parent = EnrollmentId{entry.device->id};
    if (entry.is_completed)
        state.push = PushInfo{Topic{*entry.topic}, PushMagic{entry.push_magic}, PushToken{entry.push_token}};
    if (entry.last_seen != 0) state.last_seen_at = file::time_point(entry.last_seen);
    return state;
}

} // namespace

std::optional<EnrollmentState> FileStorage::enrollment(const EnrollmentId& id) {
    std::optional<EnrollmentState> state;
    Lsn lsn = 0;
    {
        const std::lock_guard lock{store_->ledger().mutex};
        const auto* entry = store_->ledger().index.find(id.str());
        if (entry == nullptr || !entry->is_known) return std::nullopt;
        lsn = entry->lsn;
        state = state_of(*entry);
    }
    store_->journal().wait_durable(lsn);
    return state;
}

std::vector<EnrollmentState> FileStorage::devices_after(const std::optional<EnrollmentId>& after,
                                                        std::size_t limit) {
    std::vector<EnrollmentState> page;
    Lsn newest = 0;
    std::string at = after ? after->str() : "";
    for (bool is_end = false; !is_end && page.size() < limit;) {
        const std::lock_guard lock{store_->ledger().mutex};
        for (std::size_t seen = 0; seen < entries_under_one_lock && page.size() < limit; ++seen) {
            const auto* entry = store_->ledger().index.next_after(at);
            is_end = entry == nullptr;
            if (is_end) break;
            at = entry->id;
            if (entry->device != nullptr || !entry->is_known) continue;
            page.push_back(state_of(*entry));
            newest = std::max(newest, entry->lsn);
        }
    }
    store_->journal().wait_durable(newest);
    return page;
}

std::vector<EnrollmentState> FileStorage::user_channels(const EnrollmentId& device) {
    std::vector<EnrollmentState> channels;
    Lsn newest = 0;
    {
        const std::lock_guard lock{store_->ledger().mutex};
        const auto* entry = store_->ledger().index.find(device.str());
        if (entry == nullptr) return channels;
        for (const auto* user : entry->users) {
            if (!user->is_known) continue;
            channels.push_back(state_of(*user));
            newest = std::max(newest, user->lsn);
        }
    }
    store_->journal().wait_durable(newest);
    std::ranges::sort(channels, {}, [](const EnrollmentState& one) { return one.enrollment.id; });
    return channels;
}

} // namespace nanomdm::storage
