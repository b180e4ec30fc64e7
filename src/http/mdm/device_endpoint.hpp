// The endpoints devices talk to: identity, decoding, the service chain, and the answer's bytes.
#pragma once

#include "http/mdm/identity_source.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "nanomdm/service/service.hpp"

namespace nanomdm::http {

/// Turns a device's HTTP request into one call of the service chain. Stateless between requests and
/// thread-safe. Whatever goes wrong, no answer is ever 401: devices read that as «unenroll».
class DeviceEndpoint {
public:
    /// @param stamps_events whether a webhook is to hear of the messages
    DeviceEndpoint(Service& service, IdentitySource& identity, bool stamps_events = false) noexcept
        : service_{service}, identity_{identity}, stamps_events_{stamps_events} {}

    /// Adds `/mdm`, and `/checkin` when check-ins have an endpoint of their own.
    void add_routes(Router& router, bool separate_check_in);

private:
    HttpResponse answer(HttpRequest& http, HttpResponse (DeviceEndpoint::*handle)(Request&, std::string));
    HttpResponse check_in(Request& request, std::string body);
    void stamp(Message& message, const Request& request) const;
    HttpResponse command_report(Request& request, std::string body);

    Service& service_;
    IdentitySource& identity_;
    const bool stamps_events_;
};

} // namespace nanomdm::http
