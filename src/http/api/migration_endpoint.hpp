// `/migration`: check-in messages that an administrator brings from another server.
#pragma once

#include "http/message.hpp"
#include "nanomdm/service/service.hpp"

namespace nanomdm::http {

/// Thread-safe. Whoever has the API key vouches for the messages: there is no certificate.
class MigrationEndpoint {
public:
    /// @param core the innermost service: nothing here is authorized by certificate, or told to a webhook
    explicit MigrationEndpoint(Service& core) noexcept : core_{core} {}

    /// The body is a message as the device once sent it, whatever the content type. Answered as the device
    /// would be.
    /// @throws Error{Errc::invalid} also for messages that only ask other servers: they change nothing here,
    /// and would hold up a thread of the storage's.
    HttpResponse take(HttpRequest& http);

private:
    Service& core_;
};

} // namespace nanomdm::http
