#include "support/bolt/micromdm_database.hpp"

#include "support/bolt/proto_record.hpp"

#include <array>
#include <cstdio>

namespace nanomdm::test {
namespace {

/// Go's zero time in nanoseconds since 1970, overflown: what MicroMDM writes where it knows no time.
constexpr std::int64_t go_zero_time = -6795364578871345152;

template <class... Arguments> std::string print(const char* format, Arguments... arguments) {
    std::array<char, 256> text{};
    std::snprintf(text.data(), text.size(), format, arguments...);
    return text.data();
}

} // namespace

std::string MicroMdmDevice::encode() const {
    return ProtoRecord{}
        .add(1, key())
        .add(2, udid)
        .add(3, serial_number)
        .add(4, os_version)
        .add(5, build_version)
        .add(6, product_name)
        .add(7, imei)
        .add(8, meid)
        .add(9, token)
        .add(10, push_magic)
        .add(11, mdm_topic)
        .add(12, unlock_token)
        .add(13, std::int64_t{enrolled})
        .add(14, std::int64_t{awaiting_configuration})
        .add(15, device_name)
        .add(16, model)
        .add(17, model_name)
        .add(28, last_seen)
        .add(30, bootstrap_token)
        .str();
}

std::string MicroMdmUser::encode() const {
    return ProtoRecord{}
        .add(1, key())
        .add(2, udid)
        .add(3, user_id)
        .add(4, short_name)
        .add(5, long_name)
        .add(6, auth_token)
        .str();
}

std::string MicroMdmPush::encode(std::string_view key) const {
    return ProtoRecord{}.add(1, key).add(2, token).add(3, magic).add(4, topic).str();
}

std::string micromdm_payload(std::string_view uuid, std::string_view request_type) {
    return R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>Command</key><dict><key>RequestType</key><string>)" +
           std::string{request_type} + "</string></dict><key>CommandUUID</key><string>" + std::string{uuid} +
           "</string></dict></plist>\n";
}

std::string micromdm_command(std::string_view uuid, std::string_view payload) {
    return ProtoRecord{}
        .add(1, uuid)
        .add(2, payload)
        .add(3, go_zero_time)
        .add(4, go_zero_time)
        .add(5, go_zero_time)
        .str();
}

MicroMdmDatabase::MicroMdmDatabase() {
    for (const auto* name : {"mdm.DeviceCommands", "mdm.Devices", "mdm.PushInfo", "mdm.RemoveDevice",
                             "mdm.ServerConfig", "mdm.UDIDCertAuth", "mdm.Users", "scep_certificates"})
        buckets_[name];
}

void MicroMdmDatabase::put(const std::string& bucket, const std::string& key, std::string value) {
    buckets_[bucket][key] = std::move(value);
}

void MicroMdmDatabase::remove(const std::string& bucket, const std::string& key) {
    buckets_[bucket].erase(key);
}

void MicroMdmDatabase::add(const MicroMdmDevice& device, const std::string& hash) {
    put("mdm.Devices", device.key(), device.encode());
    if (device.udid.empty()) return;
    put("mdm.PushInfo", device.udid,
        MicroMdmPush{.token = device.token, .magic = device.push_magic}.encode(device.udid));
    if (!hash.empty()) put("mdm.UDIDCertAuth", device.udid, hash);
}

void MicroMdmDatabase::add(const MicroMdmUser& user, const MicroMdmPush& push) {
    put("mdm.Users", user.key(), user.encode());
    put("mdm.PushInfo", user.user_id, push.encode(user.user_id));
}

void MicroMdmDatabase::enqueue(const std::string& key, MicroMdmList list, std::string_view uuid,
                               std::string_view request_type) {
    auto& queue = buckets_["mdm.DeviceCommands"][key];
    if (queue.empty()) queue = ProtoRecord{}.add(1, key).str();
    queue += ProtoRecord{}
                 .add(static_cast<std::uint32_t>(list),
                      micromdm_command(uuid, micromdm_payload(uuid, request_type)))
                 .str();
}

void MicroMdmDatabase::write(const std::filesystem::path& path, const BoltShape& shape) const {
    BoltWriter file{path, shape};
    for (const auto& [name, records] : buckets_) {
        auto& bucket = file.bucket(name);
        for (const auto& [key, value] : records) bucket.put(key, value);
    }
    file.finish();
}

std::string MicroMdmFleet::udid(std::size_t i) { return print("00000000-0000-0000-0000-%012zX", i); }
std::string MicroMdmFleet::user_id(std::size_t i) { return print("FFFFFFFF-0000-0000-0000-%012zX", i); }

std::string MicroMdmFleet::hash(std::size_t i) {
    std::string hash(32, '\x5A');
    for (std::size_t byte = 0; byte < 8; ++byte) hash[byte] = static_cast<char>(i >> (8 * byte) & 0xFF);
    return hash;
}

void MicroMdmFleet::write(const std::filesystem::path& path) const {
    BoltWriter file{path};
    const auto for_each = [&](const char* name, auto put) {
        auto& bucket = file.bucket(name);
        for (std::size_t i = 0; i < devices; ++i) put(bucket, i);
    };
    const auto token = [](const char* kind, std::size_t i) { return print("%s%060zx", kind, i); };
    for_each("mdm.DeviceCommands", [&](BoltBucket& bucket, std::size_t i) {
        ProtoRecord queue;
        queue.add(1, udid(i));
        for (std::size_t n = 0; n < commands; ++n) {
            const auto uuid = print("command-%zu-%zu", i, n);
            queue.add(2, micromdm_command(uuid, micromdm_payload(uuid, "ProfileList")));
        }
        if (commands > 0) bucket.put(udid(i), queue.str());
    });
    const std::string answer(bytes_of_device, 'x');
    for_each("mdm.Devices", [&](BoltBucket& bucket, std::size_t i) {
        const MicroMdmDevice device{.udid = udid(i),
                                    .serial_number = print("SERIAL%zu", i),
                                    .token = token("de", i),
                                    .push_magic = print("magic-%zu", i),
                                    .unlock_token = token("ab", i),
                                    .last_seen = 1'700'000'000'000'000'000 + static_cast<std::int64_t>(i),
                                    .bootstrap_token = print("bootstrap-%zu", i),
                                    .uuid = print("%08zx-0000-0000-0000-000000000000", i)};
        bucket.put(device.key(), device.encode() + ProtoRecord{}.add(29, answer).str());
    });
    auto& push_infos = file.bucket("mdm.PushInfo");
    const auto put_push_infos = [&](auto id, const char* kind) {
        for (std::size_t i = 0; i < devices; ++i)
            push_infos.put(
                id(i), MicroMdmPush{.token = token(kind, i), .magic = print("magic-%zu", i)}.encode(id(i)));
    };
    put_push_infos(udid, "de");
    if (has_users) put_push_infos(user_id, "ee");
    for_each("mdm.UDIDCertAuth", [&](BoltBucket& bucket, std::size_t i) { bucket.put(udid(i), hash(i)); });
    for_each("mdm.Users", [&](BoltBucket& bucket, std::size_t i) {
        const MicroMdmUser user{.udid = udid(i),
                                .user_id = user_id(i),
                                .short_name = print("user%zu", i),
                                .uuid = print("%08zx-1111-0000-0000-000000000000", i)};
        if (has_users) bucket.put(user.key(), user.encode());
    });
    file.finish();
}

} // namespace nanomdm::test
