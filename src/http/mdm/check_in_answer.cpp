// The answers to check-in messages, as in Apple's «MDM check-in» pages.
#include "http/mdm/check_in_answer.hpp"

#include "log/log.hpp"
#include "mdm/encode.hpp"

#include <utility>

namespace nanomdm::http {
namespace {

constexpr unsigned gone = 410;

void log_check_in(const char* type, const Message& message) {
    log::info("check-in", {{"type", type},
                           {"id", message.enrollment.id.str()},
                           {"enrollment", std::string{to_string(message.enrollment.type)}}});
}

HttpResponse plist(std::string body) {
    return {.status = 200, .body = std::move(body), .content_type = "application/xml"};
}

} // namespace

bool asks_upstream(const CheckIn& message) noexcept {
    return std::holds_alternative<DeclarativeManagement>(message) ||
           std::holds_alternative<GetToken>(message);
}

HttpResponse CheckInAnswer::operator()(const Authenticate& message) const {
    log_check_in("Authenticate", message);
    service_.authenticate(request_, message);
    return {};
}

HttpResponse CheckInAnswer::operator()(const TokenUpdate& message) const {
    log_check_in("TokenUpdate", message);
    service_.token_update(request_, message);
    return {};
}

HttpResponse CheckInAnswer::operator()(const CheckOut& message) const {
    log_check_in("CheckOut", message);
    service_.check_out(request_, message);
    return {};
}

HttpResponse CheckInAnswer::operator()(const UserAuthenticate& message) const {
    log_check_in("UserAuthenticate", message);
    switch (service_.user_authenticate(request_, message)) {
    case UserAuthenticateAnswer::declined:
        return error_response(gone);
    case UserAuthenticateAnswer::challenge:
        return plist(encode_digest_challenge(""));
    case UserAuthenticateAnswer::accepted:
        break;
    }
    return {};
}

HttpResponse CheckInAnswer::operator()(const SetBootstrapToken& message) const {
    log_check_in("SetBootstrapToken", message);
    service_.set_bootstrap_token(request_, message);
    return {};
}

HttpResponse CheckInAnswer::operator()(const GetBootstrapToken& message) const {
    log_check_in("GetBootstrapToken", message);
    const auto token = service_.bootstrap_token(request_, message);
    return token ? plist(encode_bootstrap_token(*token)) : HttpResponse{};
}

HttpResponse CheckInAnswer::operator()(const DeclarativeManagement& message) const {
    log_check_in("DeclarativeManagement", message);
    auto json = service_.declarative_management(request_, message);
    if (json.empty()) return {};
    return {.status = 200, .body = std::move(json), .content_type = "application/json"};
}

HttpResponse CheckInAnswer::operator()(const GetToken& message) const {
    log_check_in("GetToken", message);
    return plist(encode_token_data(service_.token(request_, message)));
}

} // namespace nanomdm::http
