#include "migrate/moved_messages.hpp"

#include "plist/value.hpp"
#include "plist/xml_writer.hpp"

namespace nanomdm::migrate {

std::string with_unlock_token(const std::string& token_update, const std::string& unlock_token) {
    auto document = plist::Document::decode(token_update);
    const auto own = document.root().data("UnlockToken");
    if (own && !own->empty()) return token_update;
    document.set_data("UnlockToken", unlock_token);
    return document.to_xml();
}

std::string set_bootstrap_token_message(const Enrollment& device, const std::string& token) {
    const bool is_byod = device.type == EnrollmentType::user_enrollment_device;
    plist::XmlWriter message;
    message.begin_dict()
        .key("BootstrapToken")
        .data(token)
        .key("MessageType")
        .string("SetBootstrapToken")
        .key(is_byod ? "EnrollmentID" : "UDID")
        .string(device.id.str());
    return message.finish();
}

} // namespace nanomdm::migrate
