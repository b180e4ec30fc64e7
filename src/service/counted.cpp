#include "service/counted.hpp"

#include <algorithm>

namespace nanomdm::service {
namespace {

using Statistics = DeviceStatistics;

constexpr std::size_t place_of(std::string_view type) {
    const auto& all = Statistics::check_in_types;
    return static_cast<std::size_t>(std::find(all.begin(), all.end(), type) - all.begin());
}

template <std::size_t place> void count(Statistics& statistics) noexcept {
    static_assert(place < Statistics::check_in_types.size());
    statistics.check_ins[place].add();
}

std::size_t place_of_status(std::string_view status) {
    const auto& all = Statistics::report_statuses;
    return std::min(static_cast<std::size_t>(std::find(all.begin(), all.end(), status) - all.begin()),
                    all.size() - 1);
}

} // namespace

void Counted::authenticate(const Request& request, const Authenticate& message) {
    next().authenticate(request, message);
    count<place_of("Authenticate")>(statistics_);
}

int Counted::token_update(const Request& request, const TokenUpdate& message) {
    const int tally = next().token_update(request, message);
    count<place_of("TokenUpdate")>(statistics_);
    return tally;
}

void Counted::check_out(const Request& request, const CheckOut& message) {
    next().check_out(request, message);
    count<place_of("CheckOut")>(statistics_);
}

UserAuthenticateAnswer Counted::user_authenticate(const Request& request, const UserAuthenticate& message) {
    const auto answer = next().user_authenticate(request, message);
    count<place_of("UserAuthenticate")>(statistics_);
    return answer;
}

void Counted::set_bootstrap_token(const Request& request, const SetBootstrapToken& message) {
    next().set_bootstrap_token(request, message);
    count<place_of("SetBootstrapToken")>(statistics_);
}

std::optional<std::string> Counted::bootstrap_token(const Request& request,
                                                    const GetBootstrapToken& message) {
    auto token = next().bootstrap_token(request, message);
    count<place_of("GetBootstrapToken")>(statistics_);
    return token;
}

std::string Counted::declarative_management(const Request& request, const DeclarativeManagement& message) {
    auto json = next().declarative_management(request, message);
    count<place_of("DeclarativeManagement")>(statistics_);
    return json;
}

std::string Counted::token(const Request& request, const GetToken& message) {
    auto token = next().token(request, message);
    count<place_of("GetToken")>(statistics_);
    return token;
}

std::optional<Command> Counted::command_report(const Request& request, const CommandReport& report) {
    auto command = next().command_report(request, report);
    statistics_.reports[place_of_status(report.status.str())].add();
    if (command) statistics_.deliveries.add();
    return command;
}

} // namespace nanomdm::service
