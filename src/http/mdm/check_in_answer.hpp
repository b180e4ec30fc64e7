// What each check-in message is answered with: the one table from message type to service call.
#pragma once

#include "http/message.hpp"
#include "nanomdm/service/service.hpp"

namespace nanomdm::http {

/// A visitor for CheckIn: hands the message to the service and encodes what it returns.
class CheckInAnswer {
public:
    CheckInAnswer(Service& service, const Request& request) noexcept : service_{service}, request_{request} {}

    HttpResponse operator()(const Authenticate& message) const;
    HttpResponse operator()(const TokenUpdate& message) const;
    HttpResponse operator()(const CheckOut& message) const;
    HttpResponse operator()(const UserAuthenticate& message) const;
    HttpResponse operator()(const SetBootstrapToken& message) const;
    HttpResponse operator()(const GetBootstrapToken& message) const;
    HttpResponse operator()(const DeclarativeManagement& message) const;
    HttpResponse operator()(const GetToken& message) const;

private:
    Service& service_;
    const Request& request_;
};

/// Whether other servers may be asked for the answer.
[[nodiscard]] bool asks_upstream(const CheckIn& message) noexcept;

} // namespace nanomdm::http
