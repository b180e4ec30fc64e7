// The innermost service: what each device message means for the storage.
#pragma once

#include "nanomdm/service/service.hpp"
#include "nanomdm/service/upstream.hpp"
#include "nanomdm/storage/checkin_store.hpp"
#include "nanomdm/storage/queue_store.hpp"
#include "pacing/once_per.hpp"

#include <atomic>
#include <cstdint>

namespace nanomdm::service {

struct CoreOptions {
    /// `-ua-zl-dc`: a UserAuthenticate is answered with an empty DigestChallenge, which lets the user's
    /// channel enroll without a password; otherwise it is declined.
    bool user_authenticate_zero_length_digest_challenge = false;
};

/// Who is asked for what this server does not know itself; null: nobody.
struct CoreSources {
    DeclarativeManagementSource* declarative_management = nullptr;
    TokenSource* tokens = nullptr;
};

/// Authorizes nobody: whoever calls has made sure that the sender is who it says.
class Core final : public Service {
public:
    Core(CheckInStore& check_ins, BootstrapTokenStore& bootstrap_tokens, QueueStore& queue,
         CoreOptions options, CoreSources sources = {}) noexcept;

    void authenticate(const Request& request, const Authenticate& message) override;
    int token_update(const Request& request, const TokenUpdate& message) override;
    void check_out(const Request& request, const CheckOut& message) override;
    UserAuthenticateAnswer user_authenticate(const Request& request,
                                             const UserAuthenticate& message) override;
    void set_bootstrap_token(const Request& request, const SetBootstrapToken& message) override;
    std::optional<std::string> bootstrap_token(const Request& request,
                                               const GetBootstrapToken& message) override;
    /// Without a source @throws Error{Errc::not_configured}; logged once a minute at most.
    std::string declarative_management(const Request& request, const DeclarativeManagement& message) override;
    std::string token(const Request& request, const GetToken& message) override;
    std::optional<Command> command_report(const Request& request, const CommandReport& report) override;

    /// Reports on commands this server does not know or has cleared, since it started.
    [[nodiscard]] std::uint64_t unknown_reports() const noexcept { return unknown_reports_; }

private:
    void store(const CommandReport& report);

    CheckInStore& check_ins_;
    BootstrapTokenStore& bootstrap_tokens_;
    QueueStore& queue_;
    const CoreOptions options_;
    const CoreSources sources_;
    OncePer declarative_management_log_{std::chrono::minutes{1}};
    std::atomic<std::uint64_t> unknown_reports_{0};
};

} // namespace nanomdm::service
