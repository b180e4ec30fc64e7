// Requests before they are handled, answers in the bytes the device gets.
#include "service/dump.hpp"

#include "mdm/encode.hpp"

namespace nanomdm::service {

void Dump::write(std::string_view body) {
    std::string text;
    text.reserve(body.size() + 1);
    text.append(body).push_back('\n');
    const std::lock_guard lock{mutex_};
    out_.write(text.data(), static_cast<std::streamsize>(text.size()));
    out_.flush();
}

void Dump::authenticate(const Request& request, const Authenticate& message) {
    write(message.raw);
    next().authenticate(request, message);
}

int Dump::token_update(const Request& request, const TokenUpdate& message) {
    write(message.raw);
    return next().token_update(request, message);
}

void Dump::check_out(const Request& request, const CheckOut& message) {
    write(message.raw);
    next().check_out(request, message);
}

UserAuthenticateAnswer Dump::user_authenticate(const Request& request, const UserAuthenticate& message) {
    write(message.raw);
    const UserAuthenticateAnswer answer = next().user_authenticate(request, message);
    if (answer == UserAuthenticateAnswer::challenge) write(encode_digest_challenge(""));
    return answer;
}

void Dump::set_bootstrap_token(const Request& request, const SetBootstrapToken& message) {
    write(message.raw);
    next().set_bootstrap_token(request, message);
}

std::optional<std::string> Dump::bootstrap_token(const Request& request, const GetBootstrapToken& message) {
    write(message.raw);
    auto token = next().bootstrap_token(request, message);
    if (token) write(encode_bootstrap_token(*token));
    return token;
}

std::string Dump::declarative_management(const Request& request, const DeclarativeManagement& message) {
    write(message.raw);
    std::string body = next().declarative_management(request, message);
    if (!body.empty()) write(body);
    return body;
}

std::string Dump::token(const Request& request, const GetToken& message) {
    write(message.raw);
    std::string data = next().token(request, message);
    write(encode_token_data(data));
    return data;
}

std::optional<Command> Dump::command_report(const Request& request, const CommandReport& report) {
    write(report.raw);
    auto command = next().command_report(request, report);
    if (command) write(command->raw);
    return command;
}

} // namespace nanomdm::service
