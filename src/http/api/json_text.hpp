// The one way a JSON value becomes an answer's body.
#pragma once

#include "http/message.hpp"

#include <nlohmann/json.hpp>

namespace nanomdm::http {

[[nodiscard]] inline HttpResponse json_response(unsigned status, const nlohmann::ordered_json& value) {
    // Invalid UTF-8 in what a caller or APNs sent must not turn an answer into an exception.
    constexpr auto replace = nlohmann::ordered_json::error_handler_t::replace;
    return {.status = status,
            .body = value.dump(1, '\t', false, replace) + "\n",
            .content_type = "application/json"};
}

} // namespace nanomdm::http
