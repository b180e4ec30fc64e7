// The protocol as a chain of services: one virtual function per device message.
#pragma once

#include "nanomdm/mdm/command.hpp"
#include "nanomdm/mdm/message.hpp"
#include "nanomdm/mdm/request.hpp"

#include <optional>
#include <string>

namespace nanomdm {

/// How the server answers a UserAuthenticate. Apple: UserAuthenticateResponse.
enum class UserAuthenticateAnswer {
    declined,  ///< this server manages no such user channel: 410
    challenge, ///< an (empty) DigestChallenge follows
    accepted,  ///< 200, empty
};

/// A layer that handles device messages. Blocking and thread-safe: called by many worker threads at
/// once. Every function throws Error when the message has no effect; the device then tries again.
class Service {
public:
    virtual ~Service() = default;

    virtual void authenticate(const Request& request, const Authenticate& message) = 0;
    /// @return the enrollment's TokenUpdate tally after this one.
    virtual int token_update(const Request& request, const TokenUpdate& message) = 0;
    virtual void check_out(const Request& request, const CheckOut& message) = 0;
    virtual UserAuthenticateAnswer user_authenticate(const Request& request,
                                                     const UserAuthenticate& message) = 0;
    virtual void set_bootstrap_token(const Request& request, const SetBootstrapToken& message) = 0;
    /// @return raw bytes; nullopt when none is escrowed.
    virtual std::optional<std::string> bootstrap_token(const Request& request,
                                                       const GetBootstrapToken& message) = 0;
    /// @return the body for the device.
    virtual std::string declarative_management(const Request& request,
                                               const DeclarativeManagement& message) = 0;
    /// @return raw `TokenData`. @throws Error{Errc::invalid} when nothing serves the type.
    virtual std::string token(const Request& request, const GetToken& message) = 0;
    /// Stores the report, then picks the next command. @return nullopt when the queue has none.
    virtual std::optional<Command> command_report(const Request& request, const CommandReport& report) = 0;
};

/// A layer that hands everything on; convenience layers override what they care for.
class Forwarding : public Service {
public:
    explicit Forwarding(Service& next) noexcept : next_{next} {}

    void authenticate(const Request& r, const Authenticate& m) override { next_.authenticate(r, m); }
    int token_update(const Request& r, const TokenUpdate& m) override { return next_.token_update(r, m); }
    void check_out(const Request& r, const CheckOut& m) override { next_.check_out(r, m); }
    UserAuthenticateAnswer user_authenticate(const Request& r, const UserAuthenticate& m) override {
        return next_.user_authenticate(r, m);
    }
    void set_bootstrap_token(const Request& r, const SetBootstrapToken& m) override {
        next_.set_bootstrap_token(r, m);
    }
    std::optional<std::string> bootstrap_token(const Request& r, const GetBootstrapToken& m) override {
        return next_.bootstrap_token(r, m);
    }
    std::string declarative_management(const Request& r, const DeclarativeManagement& m) override {
        return next_.declarative_management(r, m);
    }
    std::string token(const Request& r, const GetToken& m) override { return next_.token(r, m); }
    std::optional<Command> command_report(const Request& r, const CommandReport& m) override {
        return next_.command_report(r, m);
    }

protected:
    [[nodiscard]] Service& next() const noexcept { return next_; }

private:
    Service& next_;
};

} // namespace nanomdm
