// Sends any of a device's nine messages through a service, to test what must hold for each.
#pragma once

#include "contract/samples.hpp"
#include "nanomdm/service/service.hpp"

#include <functional>
#include <string>
#include <vector>

namespace nanomdm::service {

struct AnyMessage {
    std::string name;
    std::function<void(Service&, const Request&, const Enrollment&)> send;
};

/// All but Authenticate.
inline std::vector<AnyMessage> messages_after_authenticate() {
    using namespace contract;
    const auto common = [](const Enrollment& from) -> Message { return check_out(from); };
    return {
        {"TokenUpdate",
         [](auto& to, auto& request, auto& from) { to.token_update(request, token_update(from)); }},
        {"CheckOut", [](auto& to, auto& request, auto& from) { to.check_out(request, check_out(from)); }},
        {"UserAuthenticate",
         [](auto& to, auto& request, auto& from) {
             to.user_authenticate(request, user_authenticate(from, "<user authenticate>", ""));
         }},
        {"SetBootstrapToken",
         [=](auto& to, auto& request, auto& from) {
             to.set_bootstrap_token(request, SetBootstrapToken{common(from), "token"});
         }},
        {"GetBootstrapToken",
         [=](auto& to, auto& request, auto& from) {
             to.bootstrap_token(request, GetBootstrapToken{common(from)});
         }},
        {"DeclarativeManagement",
         [=](auto& to, auto& request, auto& from) {
             to.declarative_management(request, DeclarativeManagement{common(from), "tokens", ""});
         }},
        {"GetToken",
         [=](auto& to, auto& request, auto& from) {
             to.token(request, GetToken{common(from), "com.apple.maid"});
         }},
        {"Connect",
         [](auto& to, auto& request, auto& from) {
             to.command_report(request, command_report(from, "Acknowledged", "c", "<report>"));
         }},
    };
}

inline std::vector<AnyMessage> every_message() {
    auto all = messages_after_authenticate();
    all.push_back({"Authenticate", [](auto& to, auto& request, auto& from) {
                       to.authenticate(request, contract::authenticate(from));
                   }});
    return all;
}

} // namespace nanomdm::service
