// Messages into storage operations. The order of work is the protocol's; see «MDM check-in» and
// «Commands and queries» in Apple's Device Management documentation.
#include "service/core.hpp"

#include "log/log.hpp"

namespace nanomdm::service {

Core::Core(CheckInStore& check_ins, BootstrapTokenStore& bootstrap_tokens, QueueStore& queue,
           CoreOptions options, CoreSources sources) noexcept
    : check_ins_{check_ins},
      bootstrap_tokens_{bootstrap_tokens}, queue_{queue}, options_{options}, sources_{sources} {}

void Core::authenticate(const Request& request, const Authenticate& message) {
    check_ins_.store_authenticate(message, request.certificate ? request.certificate->pem : "");
}

int Core::token_update(const Request&, const TokenUpdate& message) {
    const int tally = check_ins_.store_token_update(message);
    if (tally == 1) log::info("enrolled", {{"id", message.enrollment.id.str()}});
    return tally;
}

void Core::check_out(const Request&, const CheckOut& message) { check_ins_.store_check_out(message); }

UserAuthenticateAnswer Core::user_authenticate(const Request&, const UserAuthenticate& message) {
    const bool is_first = message.digest_response.empty();
    if (is_first && !options_.user_authenticate_zero_length_digest_challenge) {
        return UserAuthenticateAnswer::declined;
    }
    if (!message.enrollment.is_user_channel()) throw Error{Errc::invalid, "UserAuthenticate without a user"};
    check_ins_.store_user_authenticate(message);
    return is_first ? UserAuthenticateAnswer::challenge : UserAuthenticateAnswer::accepted;
}

void Core::set_bootstrap_token(const Request&, const SetBootstrapToken& message) {
    bootstrap_tokens_.store_bootstrap_token(message);
}

std::optional<std::string> Core::bootstrap_token(const Request&, const GetBootstrapToken& message) {
    return bootstrap_tokens_.bootstrap_token(message.enrollment.device());
}

std::string Core::declarative_management(const Request& request, const DeclarativeManagement& message) {
    if (sources_.declarative_management != nullptr)
        return sources_.declarative_management->declarations(request, message);
    if (declarative_management_log_.due()) {
        log::warning("declarative management is not configured", {{"id", message.enrollment.id.str()}});
    }
    throw Error{Errc::not_configured, "declarative management is not configured"};
}

std::string Core::token(const Request& request, const GetToken& message) {
    if (sources_.tokens != nullptr) {
        if (auto token = sources_.tokens->token(request, message)) return std::move(*token);
    }
    throw Error{Errc::invalid, "no token for TokenServiceType " + message.service_type};
}

std::optional<Command> Core::command_report(const Request&, const CommandReport& report) {
    if (!report.is_idle()) store(report);
    check_ins_.touch_last_seen(report.enrollment);
    // A device that has just said NotNow would say so again: the rest of the queue goes first.
    return queue_.next_command(report.enrollment.id,
                               report.is_not_now() ? NotNow::passed_over : NotNow::candidates);
}

void Core::store(const CommandReport& report) {
    if (queue_.store_report(report)) return;
    // Not an error for the device: it would repeat the report for ever and never fetch its commands.
    ++unknown_reports_;
    log::warning("report on an unknown or cleared command",
                 {{"id", report.enrollment.id.str()},
                  {"command_uuid", report.command_uuid ? report.command_uuid->str() : ""},
                  {"status", report.status.str()}});
}

} // namespace nanomdm::service
