// MicroMDM databases for tests: a few records put together one by one, or a fleet.
#pragma once

#include "support/bolt/bolt_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace nanomdm::test {

constexpr auto micromdm_topic = "com.apple.mgmt.External.11111111-2222-3333-4444-555555555555";

/// Defaults make an enrolled device; of the rest MicroMDM keeps more than matters here.
struct MicroMdmDevice {
    std::string udid;
    std::string serial_number = {};
    std::string os_version = {}, build_version = {}, product_name = {}, imei = {}, meid = {};
    std::string token = "aabbccdd"; ///< in hexadecimal, as all that follows of that name
    std::string push_magic = "magic";
    std::string mdm_topic = {};
    std::string unlock_token = {};
    bool enrolled = true;
    bool awaiting_configuration = false;
    std::string device_name = {}, model = {}, model_name = {};
    std::int64_t last_seen = 0; ///< nanoseconds
    std::string bootstrap_token = {};

    std::string uuid = {}; ///< the key; empty: made of the UDID

    [[nodiscard]] std::string key() const { return uuid.empty() ? "uuid-" + udid : uuid; }
    [[nodiscard]] std::string encode() const;
};

struct MicroMdmUser {
    std::string udid;
    std::string user_id;
    std::string short_name = {}, long_name = {};
    std::string auth_token = {};

    std::string uuid = {};

    [[nodiscard]] std::string key() const { return uuid.empty() ? "uuid-" + udid + user_id : uuid; }
    [[nodiscard]] std::string encode() const;
};

struct MicroMdmPush {
    std::string token = "aabbccdd";
    std::string magic = "magic";
    std::string topic = micromdm_topic;

    [[nodiscard]] std::string encode(std::string_view key) const;
};

/// The lists of a queue, by their field number.
enum class MicroMdmList : std::uint32_t { commands = 2, completed = 3, failed = 4, not_now = 5 };

/// A command's property list, as MicroMDM writes it.
[[nodiscard]] std::string micromdm_payload(std::string_view uuid, std::string_view request_type);
/// An entry of a queue; no time is noted in it.
[[nodiscard]] std::string micromdm_command(std::string_view uuid, std::string_view payload);

class MicroMdmDatabase {
public:
    /// With the buckets of a server that has just been started.
    MicroMdmDatabase();

    void put(const std::string& bucket, const std::string& key, std::string value);
    void remove(const std::string& bucket, const std::string& key);
    /// With its push info (the device's token and magic). @param hash of its certificate, 32 bytes; empty:
    /// none
    void add(const MicroMdmDevice& device, const std::string& hash = {});
    void add(const MicroMdmUser& user, const MicroMdmPush& push);
    /// @param key a UDID, user ID or EnrollmentID
    void enqueue(const std::string& key, MicroMdmList list, std::string_view uuid,
                 std::string_view request_type);

    void write(const std::filesystem::path& path, const BoltShape& shape = {}) const;

private:
    std::map<std::string, std::map<std::string, std::string>> buckets_;
};

/// Devices that differ in nothing but what has to, written one by one.
struct MicroMdmFleet {
    std::size_t devices = 0;
    std::size_t bytes_of_device = 0; ///< of what each device answered last: makes the file large
    std::size_t commands = 0;        ///< pending for each device
    bool has_users = false;          ///< one for each device

    [[nodiscard]] static std::string udid(std::size_t i);
    [[nodiscard]] static std::string user_id(std::size_t i);
    /// 32 bytes of hash, of no certificate.
    [[nodiscard]] static std::string hash(std::size_t i);
    void write(const std::filesystem::path& path) const;
};

} // namespace nanomdm::test
