// Counts what devices send and are sent.
#pragma once

#include "metrics/counter.hpp"
#include "nanomdm/service/service.hpp"

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace nanomdm::service {

/// Of the messages that were handled without an error. Any thread.
struct DeviceStatistics {
    template <std::size_t count> using Counts = std::array<metrics::Counter, count>;

    static constexpr std::array<std::string_view, 8> check_in_types{
        "Authenticate",      "TokenUpdate",           "CheckOut", "UserAuthenticate", "SetBootstrapToken",
        "GetBootstrapToken", "DeclarativeManagement", "GetToken"};
    /// A device may send any text; what Apple does not define counts as the last of these.
    static constexpr std::array<std::string_view, 6> report_statuses{
        "Idle", "Acknowledged", "Error", "CommandFormatError", "NotNow", "other"};

    Counts<check_in_types.size()> check_ins;
    Counts<report_statuses.size()> reports;
    metrics::Counter deliveries; ///< commands handed to a device, again after a NotNow
};

/// Outermost but for the dump: a message that is refused is not counted here, but as the answer it got.
class Counted final : public Forwarding {
public:
    Counted(Service& next, DeviceStatistics& statistics) noexcept
        : Forwarding{next}, statistics_{statistics} {}

    void authenticate(const Request& request, const Authenticate& message) override;
    int token_update(const Request& request, const TokenUpdate& message) override;
    void check_out(const Request& request, const CheckOut& message) override;
    UserAuthenticateAnswer user_authenticate(const Request& request,
                                             const UserAuthenticate& message) override;
    void set_bootstrap_token(const Request& request, const SetBootstrapToken& message) override;
    std::optional<std::string> bootstrap_token(const Request& request,
                                               const GetBootstrapToken& message) override;
    std::string declarative_management(const Request& request, const DeclarativeManagement& message) override;
    std::string token(const Request& request, const GetToken& message) override;
    std::optional<Command> command_report(const Request& request, const CommandReport& report) override;

private:
    DeviceStatistics& statistics_;
};

} // namespace nanomdm::service
