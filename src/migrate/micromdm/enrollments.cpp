#include "migrate/micromdm/enrollments.hpp"

#include "encoding/hex.hpp"
#include "nanomdm/error.hpp"
#include "plist/xml_writer.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>

namespace nanomdm::migrate::micromdm {
namespace {

/// A message being written: members that are empty stay away, as with a device.
class MessageWriter {
public:
    explicit MessageWriter(std::string_view type) {
        writer_.begin_dict();
        add("MessageType", type);
    }
    void add(std::string_view key, std::string_view text) {
        if (!text.empty()) writer_.key(key).string(text);
    }
    void add_data(std::string_view key, std::string_view bytes) {
        if (!bytes.empty()) writer_.key(key).data(bytes);
    }
    void add_flag(std::string_view key, bool value) { writer_.key(key).boolean(value); }
    [[nodiscard]] std::string finish() { return writer_.finish(); }

private:
    plist::XmlWriter writer_;
};

PushInfo push_info(const PushRecord& push) {
    return {Topic{std::string{push.mdm_topic}}, PushMagic{std::string{push.push_magic}},
            PushToken::from_hex(push.token)};
}

void add_push_info(MessageWriter& message, const PushInfo& push) {
    message.add("Topic", push.topic.str());
    message.add("PushMagic", push.magic.str());
    message.add_data("Token", push.token.bytes());
}

MadeEnrollment made(const Identifiers& identifiers, const PushRecord& push) {
    return {.enrollment = {.state = {.enrollment = resolve(identifiers),
                                     .enabled = true,
                                     .token_update_tally = 1,
                                     .serial_number = {},
                                     .push = push_info(push),
                                     .last_seen_at = {},
                                     .user_short_name = {},
                                     .user_long_name = {}},
                           .messages = {}}};
}

/// @return empty when it is no text that a property list and every storage can hold; noted in `made`.
std::string_view plain(std::string_view text, MadeEnrollment& made, std::size_t longest = 255) try {
    check_text({.name = "text", .max = longest, .may_be_empty = true}, text);
    return text;
} catch (const Error&) {
    made.lacks_text = true;
    return {};
}

void add_unlock_token(std::string_view digits, MadeEnrollment& made) {
    if (digits.empty()) return;
    auto token = from_hex(digits);
    made.lacks_unlock_token = !token;
    if (token) made.enrollment.messages.unlock_token = std::move(token);
}

} // namespace

MadeEnrollment make_device(const DeviceRecord& device, const PushRecord& push) {
    auto made = micromdm::made({.udid = std::string{device.udid}}, push);
    auto [state, messages] = std::tie(made.enrollment.state, made.enrollment.messages);
    state.serial_number = plain(device.serial_number, made, SerialNumberTag::rule.max);
    state.last_seen_at = time_of(device.last_seen);
    made.enrollment.token_updated_at = state.last_seen_at; // it was not later
    add_unlock_token(device.unlock_token, made);
    if (!device.bootstrap_token.empty())
        made.enrollment.bootstrap_token = std::string{device.bootstrap_token};

    MessageWriter authenticate{"Authenticate"};
    authenticate.add("UDID", device.udid);
    authenticate.add("SerialNumber", state.serial_number);
    authenticate.add("Topic", state.push->topic.str());
    authenticate.add("OSVersion", plain(device.os_version, made));
    authenticate.add("BuildVersion", plain(device.build_version, made));
    authenticate.add("ProductName", plain(device.product_name, made));
    authenticate.add("DeviceName", plain(device.device_name, made));
    authenticate.add("Model", plain(device.model, made));
    authenticate.add("ModelName", plain(device.model_name, made));
    authenticate.add("IMEI", plain(device.imei, made));
    authenticate.add("MEID", plain(device.meid, made));
    messages.authenticate = authenticate.finish();

    MessageWriter token_update{"TokenUpdate"};
    token_update.add("UDID", device.udid);
    add_push_info(token_update, *state.push);
    token_update.add_data("UnlockToken", messages.unlock_token.value_or(std::string{}));
    token_update.add_flag("AwaitingConfiguration", device.awaiting_configuration);
    messages.token_update = token_update.finish();
    return made;
}

MadeEnrollment make_user(const UserRecord& user, const PushRecord& push) {
    auto made = micromdm::made({.udid = std::string{user.udid}, .user_id = std::string{user.user_id}}, push);
    auto& state = made.enrollment.state;
    state.user_short_name = plain(user.user_shortname, made);
    state.user_long_name = plain(user.user_longname, made);
    MessageWriter token_update{"TokenUpdate"};
    token_update.add("UDID", user.udid);
    token_update.add("UserID", user.user_id);
    token_update.add("UserShortName", state.user_short_name);
    token_update.add("UserLongName", state.user_long_name);
    add_push_info(token_update, *state.push);
    made.enrollment.messages.token_update = token_update.finish();
    return made;
}

MadeEnrollment make_user_enrollment(std::string_view enrollment_id, const PushRecord& push) {
    auto made = micromdm::made({.enrollment_id = std::string{enrollment_id}}, push);
    auto [state, messages] = std::tie(made.enrollment.state, made.enrollment.messages);
    made.enrollment.is_unconfirmed = true;
    MessageWriter authenticate{"Authenticate"};
    authenticate.add("EnrollmentID", enrollment_id);
    authenticate.add("Topic", state.push->topic.str());
    messages.authenticate = authenticate.finish();
    MessageWriter token_update{"TokenUpdate"};
    token_update.add("EnrollmentID", enrollment_id);
    add_push_info(token_update, *state.push);
    messages.token_update = token_update.finish();
    return made;
}

std::optional<TimePoint> time_of(std::int64_t nanoseconds) {
    if (nanoseconds <= 0) return std::nullopt;
    const TimePoint time{std::chrono::nanoseconds{nanoseconds}};
    return std::min(time, std::chrono::system_clock::now());
}

} // namespace nanomdm::migrate::micromdm
