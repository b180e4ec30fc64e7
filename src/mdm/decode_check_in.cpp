// Check-in messages: one function per MessageType, chosen from a table.
#include "mdm/decode.hpp"

#include "nanomdm/error.hpp"
#include "plist/value.hpp"

#include <array>
#include <utility>

namespace nanomdm {
namespace {

/// Pairing a watch needs the watch's parameters in the request. Apple: GetTokenRequest.
constexpr std::string_view watch_pairing = "com.apple.watch.pairing";

std::string optional(std::optional<std::string> value) { return value ? std::move(*value) : std::string{}; }

std::string required(const plist::Dict& root, const char* key) {
    auto value = root.string(key);
    if (!value) throw Error{Errc::invalid, std::string{key} + " is missing"};
    return std::move(*value);
}

Message message(const plist::Dict& root) {
    Identifiers ids{
        .udid = optional(root.string("UDID")),
        .user_id = optional(root.string("UserID")),
        .user_short_name = optional(root.string("UserShortName")),
        .user_long_name = optional(root.string("UserLongName")),
        .enrollment_id = optional(root.string("EnrollmentID")),
        .enrollment_user_id = optional(root.string("EnrollmentUserID")),
    };
    check_text(UserNameTag::rule, ids.user_short_name);
    check_text(UserNameTag::rule, ids.user_long_name);
    auto enrollment = resolve(ids);
    return {std::move(ids), std::move(enrollment), {}};
}

CheckIn authenticate(const plist::Dict& root) {
    auto common = message(root);
    if (common.enrollment.is_user_channel())
        throw Error{Errc::invalid, "Authenticate is for the device channel"};
    std::optional<Topic> topic;
    if (auto text = root.string("Topic")) topic.emplace(std::move(*text));
    SerialNumber serial{optional(root.string("SerialNumber"))};
    return Authenticate{std::move(common), std::move(topic), std::move(serial)};
}

CheckIn token_update(const plist::Dict& root) {
    auto common = message(root);
    auto token = root.data("Token");
    if (!token) throw Error{Errc::invalid, "Token is missing"};
    PushInfo push{Topic{required(root, "Topic")}, PushMagic{required(root, "PushMagic")},
                  PushToken{std::move(*token)}};
    UserName short_name{common.identifiers.user_short_name};
    UserName long_name{common.identifiers.user_long_name};
    return TokenUpdate{std::move(common), std::move(push), optional(root.data("UnlockToken")),
                       std::move(short_name), std::move(long_name)};
}

CheckIn check_out(const plist::Dict& root) { return CheckOut{message(root)}; }

CheckIn user_authenticate(const plist::Dict& root) {
    return UserAuthenticate{message(root), optional(root.string("DigestResponse"))};
}

CheckIn set_bootstrap_token(const plist::Dict& root) {
    return SetBootstrapToken{message(root), optional(root.data("BootstrapToken"))};
}

CheckIn get_bootstrap_token(const plist::Dict& root) { return GetBootstrapToken{message(root)}; }

CheckIn declarative_management(const plist::Dict& root) {
    return DeclarativeManagement{message(root), required(root, "Endpoint"), optional(root.data("Data"))};
}

CheckIn get_token(const plist::Dict& root) {
    auto service_type = required(root, "TokenServiceType");
    if (service_type.empty()) throw Error{Errc::invalid, "TokenServiceType is empty"};
    const auto parameters = root.dict("TokenParameters");
    if (service_type == watch_pairing && !parameters)
        throw Error{Errc::invalid, "TokenParameters is missing"};
    return GetToken{message(root), std::move(service_type),
                    parameters ? parameters->strings() : std::map<std::string, std::string>{}};
}

struct Decoder {
    std::string_view message_type;
    CheckIn (*decode)(const plist::Dict& root);
};
constexpr std::array<Decoder, 8> decoders{{
    {"Authenticate", authenticate},
    {"TokenUpdate", token_update},
    {"CheckOut", check_out},
    {"UserAuthenticate", user_authenticate},
    {"SetBootstrapToken", set_bootstrap_token},
    {"GetBootstrapToken", get_bootstrap_token},
    {"DeclarativeManagement", declarative_management},
    {"GetToken", get_token},
}};

} // namespace

CheckIn decode_check_in(std::string body) {
    const auto document = plist::Document::decode(body);
    const auto message_type = required(document.root(), "MessageType");
    for (const auto& decoder : decoders) {
        if (decoder.message_type != message_type) continue;
        auto check_in = decoder.decode(document.root());
        std::visit([&body](Message& decoded) { decoded.raw = std::move(body); }, check_in);
        return check_in;
    }
    throw Error{Errc::invalid, "unknown MessageType"};
}

} // namespace nanomdm
