// The JSON of an event as text, with the message in it, of megabytes perhaps.
#include "mdm/event.hpp"

#include "encoding/base64.hpp"
#include "encoding/rfc3339.hpp"

#include <nlohmann/json.hpp>
#include <string_view>

namespace nanomdm {
namespace {

using Json = nlohmann::ordered_json;

constexpr unsigned milliseconds = 3;

void add_unless_empty(Json& object, const char* name, const std::string& value) {
    if (!value.empty()) object[name] = value;
}

Json ids_of(const Enrollment& enrollment) {
    Json ids{{"id", enrollment.id.str()}, {"type", to_string(enrollment.type)}};
    if (enrollment.parent) ids["parent_id"] = enrollment.parent->str();
    return ids;
}

/// What both kinds of event say of a message.
Json common(const Message& message) {
    Json object = Json::object();
    add_unless_empty(object, "udid", message.identifiers.udid);
    add_unless_empty(object, "enrollment_id", message.identifiers.enrollment_id);
    object["ids"] = ids_of(message.enrollment);
    object["raw_payload"] = ""; // comes in with_payload()
    if (!message.event->url_params.empty()) object["url_params"] = message.event->url_params;
    return object;
}

/// The payload comes last, and directly: to escape it, though base64 has nothing to escape, takes longer than
/// all the rest. Quotes within strings are escaped, so that the place is found nowhere else.
std::string with_payload(const std::string& event, std::string_view payload) {
    constexpr std::string_view member = R"("raw_payload":"")";
    const auto place = event.find(member) + member.size() - 1;
    std::string whole;
    whole.reserve(event.size() + payload.size() * 4 / 3 + 4);
    whole.append(event, 0, place);
    append_base64(whole, payload);
    whole.append(event, place);
    return whole;
}

Event finish(const Message& message, std::string_view topic, const char* member, Json about) {
    const auto& stamp = *message.event;
    Json object{
        {"topic", topic}, {"event_id", stamp.id}, {"created_at", rfc3339(stamp.created_at, milliseconds)}};
    object[member] = std::move(about);
    return {.id = stamp.id,
            .topic = std::string{topic},
            .created_at = stamp.created_at,
            .enrollment = message.enrollment.id,
            .body = with_payload(object.dump(-1, ' ', false, Json::error_handler_t::replace), message.raw)};
}

Event check_in(const Message& message, std::string_view topic) {
    return finish(message, topic, "checkin_event", common(message));
}

} // namespace

Event make_event(const Authenticate& message) { return check_in(message, "mdm.Authenticate"); }
Event make_event(const CheckOut& message) { return check_in(message, "mdm.CheckOut"); }
Event make_event(const UserAuthenticate& message) { return check_in(message, "mdm.UserAuthenticate"); }
Event make_event(const SetBootstrapToken& message) { return check_in(message, "mdm.SetBootstrapToken"); }
Event make_event(const GetBootstrapToken& message) { return check_in(message, "mdm.GetBootstrapToken"); }
Event make_event(const DeclarativeManagement& message) {
    return check_in(message, "mdm.DeclarativeManagement");
}
Event make_event(const GetToken& message) { return check_in(message, "mdm.GetToken"); }

Event make_event(const TokenUpdate& message, int tally) {
    auto about = common(message);
    about["token_update_tally"] = tally;
    return finish(message, "mdm.TokenUpdate", "checkin_event", std::move(about));
}

Event make_event(const CommandReport& report) {
    auto about = common(report);
    about["status"] = report.status.str();
    if (report.command_uuid) about["command_uuid"] = report.command_uuid->str();
    return finish(report, "mdm.Connect", "acknowledge_event", std::move(about));
}

} // namespace nanomdm
