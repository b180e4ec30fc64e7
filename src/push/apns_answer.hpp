// The meaning of what APNs answers: reasons, timestamps, and what may be tried again.
#pragma once

#include "nanomdm/push/pusher.hpp"
#include "push/apns_session.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace nanomdm::push {

/// Takes an answer apart. Its body should be `{"reason":"…","timestamp":<ms>}` on any status but 200;
/// anything else leaves `reason` empty. See «Handling notification responses from APNs» at Apple.
[[nodiscard]] ProviderResponse to_response(const Answer& answer);

/// 429, 500 and 503: APNs asks to send the same again later.
[[nodiscard]] bool asks_to_retry(int status) noexcept;

/// Seconds or an HTTP date (RFC 9110 section 10.2.3), as time from `now`. nullopt: absent or unreadable.
[[nodiscard]] std::optional<std::chrono::seconds> retry_after(std::string_view value, TimePoint now);

/// The reason in GOAWAY's debug data; the data itself, cut and without control characters, when it is not
/// JSON.
[[nodiscard]] std::string goaway_reason(std::string_view debug_data);

/// The administrator's words for an answer that is not 200, NanoMDM's wording.
[[nodiscard]] std::string describe(const ProviderResponse& response);

} // namespace nanomdm::push
