// Messages are decoded as if they had just come, so that state and message agree.
#include "migrate/nanomdm/identification.hpp"

#include "mdm/decode.hpp"
#include "plist/xml_writer.hpp"

#include <utility>

namespace nanomdm::migrate {
namespace {

/// Between a device's ID and its user's; see resolve().
constexpr char separator = ':';
/// What every user of a Shared iPad sends as UserID.
constexpr const char* shared_ipad_user_id = "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF";

template <class M>
std::optional<M> read_message(std::optional<StoredFile>& file, const char* remark, Findings& findings) {
    if (!file) return std::nullopt;
    try {
        auto check_in = decode_check_in(std::move(file->bytes));
        auto* message = std::get_if<M>(&check_in);
        if (message != nullptr && message->enrollment.id.str() == findings.id()) return std::move(*message);
    } catch (const Error& error) {
        if (error.code() != Errc::invalid) throw;
    }
    findings.remark(remark);
    return std::nullopt;
}

std::string user_of(const Enrollment& enrollment) {
    return enrollment.id.str().substr(enrollment.device().str().size() + 1);
}

void add_identifiers(plist::XmlWriter& message, const Enrollment& enrollment) {
    const auto& device = enrollment.device().str();
    switch (enrollment.type) {
    case EnrollmentType::device:
        message.key("UDID").string(device);
        break;
    case EnrollmentType::user:
        message.key("UDID").string(device).key("UserID").string(user_of(enrollment));
        break;
    case EnrollmentType::shared_ipad:
        message.key("UDID").string(device).key("UserID").string(shared_ipad_user_id);
        message.key("UserShortName").string(user_of(enrollment));
        break;
    case EnrollmentType::user_enrollment_device:
        message.key("EnrollmentID").string(device);
        break;
    case EnrollmentType::user_enrollment:
        message.key("EnrollmentID").string(device).key("EnrollmentUserID").string(user_of(enrollment));
        break;
    }
}

} // namespace

const Message* ReadMessages::any() const noexcept {
    if (authenticate) return &*authenticate;
    if (token_update) return &*token_update;
    if (user_authenticate) return &*user_authenticate;
    return user_authenticate_digest ? &*user_authenticate_digest : nullptr;
}

ReadMessages read_messages(StoredEnrollment& stored, Findings& findings) {
    return {
        .authenticate = read_message<Authenticate>(
            stored.authenticate, "its Authenticate message is damaged or of another enrollment", findings),
        .token_update = read_message<TokenUpdate>(
            stored.token_update, "its TokenUpdate message is damaged or of another enrollment", findings),
        .user_authenticate = read_message<UserAuthenticate>(
            stored.user_authenticate, "its UserAuthenticate message is damaged or of another enrollment",
            findings),
        .user_authenticate_digest = read_message<UserAuthenticate>(
            stored.user_authenticate_digest,
            "its UserAuthenticate message with the digest is damaged or of another enrollment", findings),
    };
}

std::optional<Enrollment> spare_enrollment(const std::string& id, const SpareFacts& spare) {
    const auto type = spare.type ? enrollment_type(*spare.type) : std::nullopt;
    if (!type) return std::nullopt;
    const auto colon = id.find(separator);
    const bool is_device = *type == EnrollmentType::device || *type == EnrollmentType::user_enrollment_device;
    if (is_device != (colon == std::string::npos)) return std::nullopt;
    try {
        if (is_device) return Enrollment{EnrollmentId{id}, *type, std::nullopt};
        const auto device = id.substr(0, colon);
        if (colon + 1 == id.size() || spare.device.value_or(device) != device) return std::nullopt;
        return Enrollment{EnrollmentId{id}, *type, EnrollmentId{device}};
    } catch (const Error&) {
        return std::nullopt;
    }
}

std::optional<Authenticate> made_authenticate(const Enrollment& device, const std::optional<Topic>& topic,
                                              const std::string& serial_number) {
    plist::XmlWriter message;
    message.begin_dict().key("MessageType").string("Authenticate");
    if (!serial_number.empty()) message.key("SerialNumber").string(serial_number);
    if (topic) message.key("Topic").string(topic->str());
    add_identifiers(message, device);
    try {
        return std::get<Authenticate>(decode_check_in(message.finish()));
    } catch (const Error&) {
        return serial_number.empty() ? std::nullopt : made_authenticate(device, topic, {});
    }
}

std::optional<TokenUpdate> made_token_update(const Enrollment& enrollment, const SpareFacts& spare) {
    if (!spare.topic || !spare.push_magic || !spare.token) return std::nullopt;
    try {
        const PushInfo checked{Topic{*spare.topic}, PushMagic{*spare.push_magic}, PushToken{*spare.token}};
        plist::XmlWriter message;
        message.begin_dict().key("MessageType").string("TokenUpdate");
        message.key("PushMagic").string(checked.magic.str());
        message.key("Token").data(checked.token.bytes());
        message.key("Topic").string(checked.topic.str());
        add_identifiers(message, enrollment);
        return std::get<TokenUpdate>(decode_check_in(message.finish()));
    } catch (const Error&) {
        return std::nullopt;
    }
}

} // namespace nanomdm::migrate
