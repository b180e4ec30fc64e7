// What MicroMDM 1.13 keeps, as it keeps it: protocol buffers, with the names of its schema. Times are
// nanoseconds since 1970; 0, and what lies before, is none.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace nanomdm::migrate::micromdm {

// Texts and bytes are views into the record, and nothing is checked about them. A decode() throws
// Error{Errc::corrupt} for what is no protocol buffer; fields that it does not know are passed over, and of
// one that is there twice the last counts.

/// Bucket mdm.Devices. What comes of the automated device enrollment is left out.
struct DeviceRecord {
    std::string_view uuid, udid, serial_number, os_version, build_version, product_name, imei, meid;
    std::string_view token, push_magic, mdm_topic; ///< the token in hexadecimal
    std::string_view unlock_token;                 ///< in hexadecimal
    bool enrolled = false;
    bool awaiting_configuration = false;
    std::string_view device_name, model, model_name;
    std::int64_t last_seen = 0;
    std::string_view bootstrap_token; ///< raw bytes

    [[nodiscard]] static DeviceRecord decode(std::string_view record);
};

/// Bucket mdm.PushInfo, the key being a device's UDID, a user's ID or an EnrollmentID. Never deleted.
struct PushRecord {
    std::string_view token; ///< in hexadecimal
    std::string_view push_magic, mdm_topic;

    [[nodiscard]] static PushRecord decode(std::string_view record);
};

/// Bucket mdm.Users.
struct UserRecord {
    std::string_view uuid;
    std::string_view udid, user_id; ///< empty for users who were made by the API and never logged in
    std::string_view user_shortname, user_longname;
    std::string_view auth_token; ///< the push token at the last TokenUpdate, in hexadecimal

    [[nodiscard]] static UserRecord decode(std::string_view record);
};

/// Bucket mdm.ServerConfig, key `config`. Both PEM.
struct ServerConfigRecord {
    std::string_view push_certificate, push_certificate_key;

    [[nodiscard]] static ServerConfigRecord decode(std::string_view record);
};

struct CommandRecord {
    std::string_view uuid;
    std::string_view payload; ///< the property list that is sent
    std::int64_t created_at = 0;

    [[nodiscard]] static CommandRecord decode(std::string_view record);
};

/// Bucket mdm.DeviceCommands, with the keys of mdm.PushInfo. Commands are views on records of their own.
struct QueueRecord {
    std::vector<std::string_view> commands; ///< in the order in which they are sent
    std::vector<std::string_view> not_now;  ///< sent again when there are no others

    [[nodiscard]] static QueueRecord decode(std::string_view record);
};

} // namespace nanomdm::migrate::micromdm
