// What becomes of each record, and why some become nothing.
#include "migrate/micromdm/reading.hpp"

#include "crypto/push_certificate.hpp"
#include "encoding/hex.hpp"
#include "migrate/micromdm/commands.hpp"
#include "migrate/micromdm/records.hpp"
#include "migrate/micromdm/udid.hpp"
#include "nanomdm/error.hpp"

#include <utility>

namespace nanomdm::migrate::micromdm {
namespace {

constexpr std::size_t hash_size = 32; // SHA-256
constexpr auto blocked = "blocked (mdm.RemoveDevice)";

std::optional<std::string_view> find(const std::optional<bolt::Bucket>& bucket, std::string_view key) {
    return bucket ? bucket->get(key) : std::nullopt;
}

} // namespace

Buckets::Buckets(const bolt::Database& database)
    : devices{database.bucket("mdm.Devices")}, push_infos{database.bucket("mdm.PushInfo")},
      users{database.bucket("mdm.Users")}, certificate_hashes{database.bucket("mdm.UDIDCertAuth")},
      server_config{database.bucket("mdm.ServerConfig")}, commands{database.bucket("mdm.DeviceCommands")},
      blocked{database.bucket("mdm.RemoveDevice")}, scep{database.bucket("scep_certificates")} {}

Reading::Reading(const Buckets& buckets, TimePoint changed_at, ImportSink& sink)
    : buckets_{buckets}, changed_at_{changed_at}, sink_{sink},
      roster_{buckets.devices, buckets.users, buckets.push_infos, sink}, identities_{buckets.scep} {}

void Reading::run() {
    expect();
    read_push_certificate();
    for (const auto& device : roster_.devices()) {
        read_device(device);
        for (const auto& user : roster_.users_of(device.udid)) read_user(user);
    }
    read_users_without_device();
    read_user_enrollments();
    read_blocked();
    read_commands_without_enrollment();
}

/// What is malformed counts as well: nobody knows yet.
void Reading::expect() {
    std::uint64_t expected = 0;
    for (const auto& device : roster_.devices()) {
        if (device.is_enrolled && !is_blocked(device.udid))
            expected += 1 + roster_.users_of(device.udid).size();
    }
    if (buckets_.push_infos) {
        for (const auto& entry : *buckets_.push_infos) expected += is_user_enrollment(entry.key);
    }
    sink_.expect(expected);
}

void Reading::read_push_certificate() {
    constexpr auto kind = ImportKind::push_certificate;
    constexpr auto key = "config";
    const auto record = find(buckets_.server_config, key);
    if (!record) return skip(kind, key, "MicroMDM has none");
    try {
        const auto config = ServerConfigRecord::decode(*record);
        if (config.push_certificate.empty()) return skip(kind, key, "MicroMDM has none");
        std::string pem{config.push_certificate};
        pem.append(1, '\n').append(config.push_certificate_key);
        sink_.take(parse_push_certificate(pem).certificate);
    } catch (const Error& error) {
        if (error.code() != Errc::invalid && error.code() != Errc::corrupt) throw;
        skip(kind, key, error.what(), true);
    }
}

void Reading::read_device(const Roster::Device& device) {
    constexpr auto kind = ImportKind::device;
    if (is_blocked(device.udid)) return skip(kind, device.udid, blocked);
    if (!device.is_enrolled) return skip(kind, device.udid, "not enrolled");
    const auto record = DeviceRecord::decode(buckets_.devices->again(device.record));
    bring_over(kind, device.udid, device.udid, [&] {
        const auto push = push_info(device.udid, &record);
        if (!push) throw Error{Errc::invalid, "enrolled, and without push info"};
        auto made = make_device(record, *push);
        add_certificate(device.udid, made.enrollment);
        return made;
    });
}

void Reading::read_user(const Roster::User& user) {
    constexpr auto kind = ImportKind::user;
    const auto id = user.udid + ":" + user.user_id;
    if (!taken_.contains(user.udid)) return skip(kind, id, "its device does not come over");
    if (!find(buckets_.push_infos, user.user_id)) return skip(kind, id, "has no push info");
    bring_over(kind, id, user.user_id, [&] {
        return make_user(UserRecord::decode(buckets_.users->again(user.record)),
                         *push_info(user.user_id, nullptr));
    });
}

void Reading::read_users_without_device() {
    for (const auto& user : roster_.users()) {
        if (!roster_.device(user.udid)) read_user(user);
    }
}

void Reading::read_user_enrollments() {
    if (!buckets_.push_infos) return;
    for (const auto& [key, value, is_bucket] : *buckets_.push_infos) {
        if (is_user_enrollment(key)) {
            bring_over(ImportKind::device, std::string{key}, key,
                       [&, id = key] { return make_user_enrollment(id, *push_info(id, nullptr)); });
        } else if (key == shared_ipad_user_id) {
            skip(ImportKind::user, key, "the push info that all users of Shared iPads share");
        } else if (!roster_.device(key) && !roster_.user(key) && !is_blocked(key)) {
            skip(ImportKind::device, key, "removed: MicroMDM has its push info and no record of it");
        }
    }
}

void Reading::read_blocked() {
    if (!buckets_.blocked) return;
    for (const auto& entry : *buckets_.blocked) {
        if (!roster_.device(entry.key)) skip(ImportKind::device, entry.key, blocked);
    }
}

void Reading::read_commands_without_enrollment() {
    if (!buckets_.commands) return;
    for (const auto& [key, value, is_bucket] : *buckets_.commands) {
        if (is_bucket || taken_.contains(key)) continue;
        try {
            if (has_pending_commands(value))
                skip(ImportKind::command, key, "pending for an enrollment that does not come over");
        } catch (const Error& error) {
            skip(ImportKind::command, key, error.what());
        }
    }
}

template <class Make>
void Reading::bring_over(ImportKind kind, const std::string& id, std::string_view key, Make make) {
    std::optional<MadeEnrollment> made;
    try {
        made.emplace(make());
    } catch (const Error& error) {
        if (error.code() != Errc::invalid && error.code() != Errc::corrupt) throw;
        return skip(kind, id, error.what(), true);
    }
    report_what_is_left_out(id, *made);
    if (const auto queue = find(buckets_.commands, key))
        made->enrollment.commands = pending_commands(id, *queue, changed_at_, sink_);
    taken_.insert(key);
    sink_.take(std::move(made->enrollment));
}

void Reading::report_what_is_left_out(const std::string& id, const MadeEnrollment& made) const {
    const auto kind =
        made.enrollment.state.enrollment.is_user_channel() ? ImportKind::user : ImportKind::device;
    if (made.lacks_unlock_token)
        skip(kind, id, "came over without its unlock token, which is malformed", true);
    if (made.lacks_text)
        sink_.remark({kind, id, "a name, serial number or version is no clean text: left out"});
}

void Reading::add_certificate(std::string_view udid, ImportedEnrollment& device) const {
    const auto hash = find(buckets_.certificate_hashes, udid);
    if (!hash) return;
    if (hash->size() != hash_size)
        return skip(ImportKind::certificate_association, udid, "is no SHA-256 hash", true);
    device.certificate_hashes.push_back(to_hex(*hash));
    device.identity_pem = identities_.pem(*hash);
}

std::optional<PushRecord> Reading::push_info(std::string_view key, const DeviceRecord* device) const {
    if (const auto record = find(buckets_.push_infos, key)) return PushRecord::decode(*record);
    if (!device || device->token.empty() || device->push_magic.empty() || device->mdm_topic.empty())
        return std::nullopt;
    return PushRecord{device->token, device->push_magic, device->mdm_topic};
}

/// MicroMDM has no other trace of them, and never deletes push info: a device that is gone has left its
/// certificate's hash, or has at least a device's ID.
bool Reading::is_user_enrollment(std::string_view key) const {
    return key != shared_ipad_user_id && !roster_.device(key) && !roster_.user(key) && !is_blocked(key) &&
           !find(buckets_.certificate_hashes, key) && !has_shape_of_udid(key);
}

bool Reading::is_blocked(std::string_view udid) const { return find(buckets_.blocked, udid).has_value(); }

void Reading::skip(ImportKind kind, std::string_view id, std::string reason, bool is_failure) const {
    sink_.skip({kind, std::string{id}, std::move(reason), is_failure});
}

} // namespace nanomdm::migrate::micromdm
