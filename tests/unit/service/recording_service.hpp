// A service that remembers what reached it and gives scripted answers.
#pragma once

#include "nanomdm/service/service.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace nanomdm::service {

class RecordingService final : public Service {
public:
    std::vector<std::string> calls; ///< "Authenticate ID", …
    std::optional<Error> failure;   ///< thrown by every call

    UserAuthenticateAnswer user_authenticate_answer = UserAuthenticateAnswer::accepted;
    std::optional<std::string> bootstrap_token_answer;
    std::string declarative_management_answer;
    std::string token_answer;
    std::optional<Command> next_command;

    void authenticate(const Request&, const Authenticate& m) override { record("Authenticate", m); }
    int token_update(const Request&, const TokenUpdate& m) override {
        record("TokenUpdate", m);
        return 7;
    }
    void check_out(const Request&, const CheckOut& m) override { record("CheckOut", m); }
    UserAuthenticateAnswer user_authenticate(const Request&, const UserAuthenticate& m) override {
        record("UserAuthenticate", m);
        return user_authenticate_answer;
    }
    void set_bootstrap_token(const Request&, const SetBootstrapToken& m) override {
        record("SetBootstrapToken", m);
    }
    std::optional<std::string> bootstrap_token(const Request&, const GetBootstrapToken& m) override {
        record("GetBootstrapToken", m);
        return bootstrap_token_answer;
    }
    std::string declarative_management(const Request&, const DeclarativeManagement& m) override {
        record("DeclarativeManagement", m);
        return declarative_management_answer;
    }
    std::string token(const Request&, const GetToken& m) override {
        record("GetToken", m);
        return token_answer;
    }
    std::optional<Command> command_report(const Request&, const CommandReport& m) override {
        record("Connect", m);
        return next_command;
    }

private:
    void record(const char* what, const Message& message) {
        const std::lock_guard lock{mutex_};
        calls.push_back(what + (" " + message.enrollment.id.str()));
        if (failure) throw *failure;
    }
    std::mutex mutex_;
};

} // namespace nanomdm::service
