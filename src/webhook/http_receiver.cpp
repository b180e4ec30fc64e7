// NanoMDM's request, member for member.
#include "webhook/http_receiver.hpp"

#include "crypto/digest.hpp"
#include "encoding/base64.hpp"

#include <exception>

namespace nanomdm::webhook {
namespace {

using Outcome = Verdict::Outcome;

Outcome outcome_of(unsigned status) {
    constexpr unsigned request_timeout = 408;
    constexpr unsigned too_many_requests = 429;
    if (status >= 200 && status < 300) return Outcome::delivered;
    const bool refusal =
        status >= 400 && status < 500 && status != request_timeout && status != too_many_requests;
    return refusal ? Outcome::refused : Outcome::failed;
}

} // namespace

void HttpReceiver::replace_key(std::string hmac_key) {
    auto replacement = std::make_shared<const std::string>(std::move(hmac_key));
    const std::lock_guard lock{mutex_};
    hmac_key_.swap(replacement);
}

std::shared_ptr<const std::string> HttpReceiver::hmac_key() const {
    const std::lock_guard lock{mutex_};
    return hmac_key_;
}

Verdict HttpReceiver::deliver(const Event& event) try {
    http::ClientRequest request{.method = "POST", .url = url_, .body = event.body};
    request.headers.add("Content-Type", "application/json; charset=utf-8");
    if (const auto key = hmac_key(); !key->empty())
        request.headers.add("X-Hmac-Signature", base64_encode(hmac_sha256(*key, request.body)));
    const auto status = client_.send(request).status;
    return {.outcome = outcome_of(status), .reason = "HTTP status " + std::to_string(status)};
} catch (const std::exception& error) {
    return {.outcome = Outcome::failed, .reason = error.what()};
}

} // namespace nanomdm::webhook
