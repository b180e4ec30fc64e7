#include "service/webhook.hpp"

#include "mdm/event.hpp"

#include <utility>

namespace nanomdm::service {

void Webhook::was_recorded(const Message& message) noexcept {
    if (message.event) publisher_.recorded();
}

void Webhook::record(Event event) {
    outbox_.record_event(event);
    publisher_.recorded();
}

/// For messages that changed nothing.
template <class Read> void Webhook::tell(const Read& message) {
    if (!message.event) return;
    auto event = make_event(message);
    if (options_.durable_all)
        record(std::move(event));
    else
        publisher_.publish(std::move(event));
}

/// Whether `ask` succeeds or not.
template <class Read, class Ask> std::string Webhook::told_anyway(const Read& message, Ask ask) {
    std::string answer;
    try {
        answer = ask();
    } catch (...) {
        tell(message);
        throw;
    }
    tell(message);
    return answer;
}

void Webhook::authenticate(const Request& request, const Authenticate& message) {
    next().authenticate(request, message);
    was_recorded(message);
}

int Webhook::token_update(const Request& request, const TokenUpdate& message) {
    const int tally = next().token_update(request, message);
    was_recorded(message);
    return tally;
}

void Webhook::check_out(const Request& request, const CheckOut& message) {
    next().check_out(request, message);
    was_recorded(message);
}

UserAuthenticateAnswer Webhook::user_authenticate(const Request& request, const UserAuthenticate& message) {
    const auto answer = next().user_authenticate(request, message);
    if (message.event && answer == UserAuthenticateAnswer::declined)
        record(make_event(message)); // nothing was stored that it could have been recorded with
    else
        was_recorded(message);
    return answer;
}

void Webhook::set_bootstrap_token(const Request& request, const SetBootstrapToken& message) {
    next().set_bootstrap_token(request, message);
    was_recorded(message);
}

std::optional<std::string> Webhook::bootstrap_token(const Request& request,
                                                    const GetBootstrapToken& message) {
    auto token = next().bootstrap_token(request, message);
    tell(message);
    return token;
}

std::string Webhook::declarative_management(const Request& request, const DeclarativeManagement& message) {
    return told_anyway(message, [&] { return next().declarative_management(request, message); });
}

std::string Webhook::token(const Request& request, const GetToken& message) {
    return told_anyway(message, [&] { return next().token(request, message); });
}

std::optional<Command> Webhook::command_report(const Request& request, const CommandReport& report) {
    auto command = next().command_report(request, report);
    if (!report.is_idle())
        was_recorded(report);
    else if (options_.idle)
        tell(report);
    return command;
}

} // namespace nanomdm::service
