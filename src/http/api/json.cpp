// Builds the JSON of a delivery's outcome, member by member in NanoMDM's order.
#include "http/api/json.hpp"

#include "http/api/json_text.hpp"

#include <algorithm>

namespace nanomdm::http {
namespace {

using Json = nlohmann::ordered_json;
using service::DeliveryOutcome;
using service::DeliveryStatus;

void add_unless_empty(Json& object, const char* name, const std::string& value) {
    if (!value.empty()) object[name] = value;
}

Json to_json(const DeliveryStatus& status) {
    Json object = Json::object();
    add_unless_empty(object, "push_result", status.push_result);
    add_unless_empty(object, "push_error", status.push_error);
    add_unless_empty(object, "command_error", status.command_error);
    return object;
}

unsigned http_status(const DeliveryOutcome& outcome) {
    if (!outcome.push_error.empty()) return 500;
    const auto failed =
        std::ranges::count_if(outcome.status, [](const auto& entry) { return entry.second.failed(); });
    if (failed == 0) return 200;
    return static_cast<std::size_t>(failed) == outcome.status.size() ? 500 : 207;
}

} // namespace

HttpResponse json_error(unsigned status, const std::string& text) {
    return json_response(status, Json{{"error", text}});
}

HttpResponse to_response(const DeliveryOutcome& outcome) {
    Json ids = Json::object();
    // The map has each ID once: append, where ordered_json's operator[] would search 100,000 of them each
    // time.
    std::vector<Json::object_t::value_type>& members = ids.get_ref<Json::object_t&>();
    for (const auto& [id, status] : outcome.status) {
        if (auto member = to_json(status); !member.empty()) members.emplace_back(id, std::move(member));
    }

    Json object = Json::object();
    if (!ids.empty()) object["status"] = std::move(ids);
    if (outcome.no_push) object["no_push"] = true;
    add_unless_empty(object, "push_error", outcome.push_error);
    add_unless_empty(object, "command_uuid", outcome.command_uuid.value_or(""));
    add_unless_empty(object, "request_type", outcome.request_type.value_or(""));
    return json_response(http_status(outcome), object);
}

} // namespace nanomdm::http
