// `-dump`: what devices send and what they get, verbatim, for a person who looks for a fault.
#pragma once

#include "nanomdm/service/service.hpp"

#include <mutex>
#include <ostream>
#include <string_view>

namespace nanomdm::service {

/// Writes raw request bodies, also of requests that fail, and answers that have a body; a newline after
/// each. Contains secrets: push tokens, unlock and bootstrap tokens. Bodies of different threads may
/// alternate and are never mixed.
class Dump final : public Forwarding {
public:
    Dump(Service& next, std::ostream& out) noexcept : Forwarding{next}, out_{out} {}

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
    void write(std::string_view body);

    std::ostream& out_;
    std::mutex mutex_; ///< held for one write of one body
};

} // namespace nanomdm::service
