// Field numbers.
#include "migrate/micromdm/records.hpp"

#include "migrate/micromdm/wire_format.hpp"

namespace nanomdm::migrate::micromdm {
namespace {

/// Calls back for each field; one that is asked for as something else than it is in the record stays as it
/// was.
class Fields {
public:
    explicit Fields(std::string_view record) noexcept : reader_{record} {}

    [[nodiscard]] bool next() {
        auto field = reader_.next();
        if (!field) return false;
        field_ = *field;
        return true;
    }
    [[nodiscard]] std::uint32_t number() const noexcept { return field_.number; }
    void to(std::string_view& text) const {
        if (field_.kind == WireField::Kind::bytes) text = field_.bytes;
    }
    void to(bool& flag) const {
        if (field_.kind == WireField::Kind::integer) flag = field_.integer != 0;
    }
    void to(std::int64_t& number) const {
        if (field_.kind == WireField::Kind::integer) number = static_cast<std::int64_t>(field_.integer);
    }
    void to(std::vector<std::string_view>& list) const {
        if (field_.kind == WireField::Kind::bytes) list.push_back(field_.bytes);
    }

private:
    WireReader reader_;
    WireField field_;
};

} // namespace

DeviceRecord DeviceRecord::decode(std::string_view record) {
    DeviceRecord device;
    // clang-format off
    for (Fields field{record}; field.next();) {
        switch (field.number()) {
        case 1: field.to(device.uuid); break;
        case 2: field.to(device.udid); break;
        case 3: field.to(device.serial_number); break;
        case 4: field.to(device.os_version); break;
        case 5: field.to(device.build_version); break;
        case 6: field.to(device.product_name); break;
        case 7: field.to(device.imei); break;
        case 8: field.to(device.meid); break;
        case 9: field.to(device.token); break;
        case 10: field.to(device.push_magic); break;
        case 11: field.to(device.mdm_topic); break;
        case 12: field.to(device.unlock_token); break;
        case 13: field.to(device.enrolled); break;
        case 14: field.to(device.awaiting_configuration); break;
        case 15: field.to(device.device_name); break;
        case 16: field.to(device.model); break;
        case 17: field.to(device.model_name); break;
        case 28: field.to(device.last_seen); break;
        case 30: field.to(device.bootstrap_token); break;
        default: break;
        }
    }
    // clang-format on
    return device;
}

PushRecord PushRecord::decode(std::string_view record) {
    PushRecord push;
    for (Fields field{record}; field.next();) {
        if (field.number() == 2) field.to(push.token);
        if (field.number() == 3) field.to(push.push_magic);
        if (field.number() == 4) field.to(push.mdm_topic);
    }
    return push;
}

UserRecord UserRecord::decode(std::string_view record) {
    UserRecord user;
    // clang-format off
    for (Fields field{record}; field.next();) {
        switch (field.number()) {
        case 1: field.to(user.uuid); break;
        case 2: field.to(user.udid); break;
        case 3: field.to(user.user_id); break;
        case 4: field.to(user.user_shortname); break;
        case 5: field.to(user.user_longname); break;
        case 6: field.to(user.auth_token); break;
        default: break;
        }
    }
    // clang-format on
    return user;
}

ServerConfigRecord ServerConfigRecord::decode(std::string_view record) {
    ServerConfigRecord config;
    for (Fields field{record}; field.next();) {
        if (field.number() == 1) field.to(config.push_certificate);
        if (field.number() == 2) field.to(config.push_certificate_key);
    }
    return config;
}

CommandRecord CommandRecord::decode(std::string_view record) {
    CommandRecord command;
    for (Fields field{record}; field.next();) {
        if (field.number() == 1) field.to(command.uuid);
        if (field.number() == 2) field.to(command.payload);
        if (field.number() == 3) field.to(command.created_at);
    }
    return command;
}

QueueRecord QueueRecord::decode(std::string_view record) {
    QueueRecord queue;
    for (Fields field{record}; field.next();) {
        if (field.number() == 2) field.to(queue.commands);
        if (field.number() == 5) field.to(queue.not_now);
    }
    return queue;
}

} // namespace nanomdm::migrate::micromdm
