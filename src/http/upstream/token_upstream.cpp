// What a device says of a token, in JSON.
#include "http/upstream/token_upstream.hpp"

#include <nlohmann/json.hpp>

namespace nanomdm::http {
namespace {

std::string json_of(const std::map<std::string, std::string>& members) {
    return nlohmann::json(members).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace

std::optional<std::string> TokenUpstream::token(const Request& request, const GetToken& message) {
    const std::string json = message.parameters.empty() ? "" : json_of(message.parameters);
    try {
        return server_.ask(request, message.enrollment, message.service_type, json);
    } catch (const UpstreamRefusal& refusal) {
        if (refusal.status() != 404) throw;
        return std::nullopt;
    }
}

} // namespace nanomdm::http
