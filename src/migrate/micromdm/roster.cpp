#include "migrate/micromdm/roster.hpp"

#include "migrate/micromdm/records.hpp"
#include "nanomdm/error.hpp"

#include <algorithm>
#include <tuple>

namespace nanomdm::migrate::micromdm {
namespace {

/// The first of its names that there is.
std::string name_of(std::string_view first, std::string_view second, std::string_view third) {
    return std::string{!first.empty() ? first : !second.empty() ? second : third};
}

/// Keeps the first of those that are the same, and skips the others. @pre the same ones are neighbours
template <class Item, class Same, class Skip>
void keep_first(std::vector<Item>& items, Same same, Skip skip) {
    auto kept = items.begin();
    for (auto at = items.begin(); at != items.end(); ++at) {
        if (kept != items.begin() && same(*std::prev(kept), *at)) {
            skip(*at);
            continue;
        }
        if (kept != at) *kept = std::move(*at);
        ++kept;
    }
    items.erase(kept, items.end());
}

/// Whether the user's record was written together with the push info that is there.
bool has_its_push_info(const Roster::User& user, const std::optional<bolt::Bucket>& push_infos) {
    const auto push = push_infos ? push_infos->get(user.user_id) : std::nullopt;
    if (!push) return false;
    try {
        return PushRecord::decode(*push).token ==
               UserRecord::decode(push_infos->again(user.record)).auth_token;
    } catch (const Error&) {
        return false;
    }
}

} // namespace

Roster::Roster(const std::optional<bolt::Bucket>& devices, const std::optional<bolt::Bucket>& users,
               const std::optional<bolt::Bucket>& push_infos, ImportSink& sink) {
    if (devices) read_devices(*devices, sink);
    if (users) read_users(*users, sink);
    keep_one_record_of_each_device(sink);
    keep_one_record_of_each_user(push_infos, sink);
    std::ranges::sort(users_, {}, [](const User& user) { return std::tie(user.udid, user.user_id); });
    for (const auto& user : users_) by_user_id_.push_back(&user);
    std::ranges::sort(
        by_user_id_, {}, [](const User* user) -> const auto& { return user->user_id; });
}

void Roster::read_devices(const bolt::Bucket& devices, ImportSink& sink) {
    for (const auto& [key, value, is_bucket] : devices) {
        if (is_bucket) continue;
        try {
            const auto record = DeviceRecord::decode(value);
            if (!record.udid.empty()) {
                devices_.push_back({std::string{record.udid}, value, record.enrolled, record.last_seen});
                continue;
            }
            sink.skip(
                {ImportKind::device, name_of(record.serial_number, record.uuid, key), "never enrolled"});
        } catch (const Error& error) {
            sink.skip({ImportKind::device, std::string{key}, error.what(), true});
        }
    }
}

void Roster::read_users(const bolt::Bucket& users, ImportSink& sink) {
    for (const auto& entry : users) {
        if (entry.is_bucket) continue;
        try {
            const auto record = UserRecord::decode(entry.value);
            const auto skip = [&](const char* reason) {
                sink.skip({ImportKind::user, name_of(record.udid, record.uuid, entry.key), reason});
            };
            if (record.user_id == shared_ipad_user_id) {
                skip("of a Shared iPad: MicroMDM keeps one push token for all its users; comes with its next "
                     "login");
            } else if (record.udid.empty() || record.user_id.empty()) {
                skip("has no user channel");
            } else {
                users_.push_back({std::string{record.udid}, std::string{record.user_id}, entry.value});
            }
        } catch (const Error& error) {
            sink.skip({ImportKind::user, std::string{entry.key}, error.what(), true});
        }
    }
}

void Roster::keep_one_record_of_each_device(ImportSink& sink) {
    std::ranges::stable_sort(devices_, [](const Device& one, const Device& other) {
        return std::tie(one.udid, other.is_enrolled, other.last_seen) <
               std::tie(other.udid, one.is_enrolled, one.last_seen);
    });
    keep_first(
        devices_, [](const Device& one, const Device& other) { return one.udid == other.udid; },
        [&](const Device& device) {
            sink.skip({ImportKind::device, device.udid, "an older record of a device that has another"});
        });
}

/// Directory users have the same ID on each Mac, and MicroMDM one push token for all of them.
void Roster::keep_one_record_of_each_user(const std::optional<bolt::Bucket>& push_infos, ImportSink& sink) {
    std::ranges::stable_sort(users_, {}, &User::user_id);
    for (auto first = users_.begin(); first != users_.end();) {
        const auto end = std::find_if(first, users_.end(),
                                      [&](const User& user) { return user.user_id != first->user_id; });
        if (end - first > 1)
            std::stable_partition(first, end,
                                  [&](const User& user) { return has_its_push_info(user, push_infos); });
        first = end;
    }
    keep_first(
        users_, [](const User& one, const User& other) { return one.user_id == other.user_id; },
        [&](const User& user) {
            sink.skip(
                {ImportKind::user, user.udid + ":" + user.user_id,
                 "MicroMDM keeps the push token of the same user on another device; comes with its next "
                 "login"});
        });
}

std::span<const Roster::User> Roster::users_of(std::string_view udid) const {
    const auto udid_of = [](const User& user) { return std::string_view{user.udid}; };
    return {std::ranges::lower_bound(users_, udid, {}, udid_of),
            std::ranges::upper_bound(users_, udid, {}, udid_of)};
}

const Roster::Device* Roster::device(std::string_view udid) const {
    const auto found = std::ranges::lower_bound(
        devices_, udid, {}, [](const Device& device) { return std::string_view{device.udid}; });
    return found != devices_.end() && found->udid == udid ? &*found : nullptr;
}

const Roster::User* Roster::user(std::string_view user_id) const {
    const auto found = std::ranges::lower_bound(
        by_user_id_, user_id, {}, [](const User* user) { return std::string_view{user->user_id}; });
    return found != by_user_id_.end() && (*found)->user_id == user_id ? *found : nullptr;
}

} // namespace nanomdm::migrate::micromdm
