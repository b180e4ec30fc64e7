// JSON answers as NanoMDM writes them: indented with one tab, a newline at the end.
#pragma once

#include "http/message.hpp"
#include "service/delivery.hpp"

#include <string>

namespace nanomdm::http {

/// `{"error": "…"}`.
[[nodiscard]] HttpResponse json_error(unsigned status, const std::string& text);

/// The outcome of enqueue and push: 200 without an error, 207 when some IDs failed, 500 when all did. An ID
/// with nothing to tell (enqueued, not pushed) is left out, as NanoMDM does.
[[nodiscard]] HttpResponse to_response(const service::DeliveryOutcome& outcome);

} // namespace nanomdm::http
