// Which fields of a device's request go on to the server behind the authentication proxy.
#pragma once

#include "http/message.hpp"

#include <string>
#include <string_view>

namespace nanomdm::http {

/// What is said of the device to the other server.
struct DeviceFields {
    std::string_view enrollment_id;
    std::string_view identity_field;     ///< that brought the certificate; it stays here
    bool replaces_authorization = false; ///< the other server gets credentials of this one's
};

/// The request's end-to-end fields, but for those that identify devices, which are this server's alone to
/// set: what a client sends by their names, or by names that a gateway interface would make the same of ("_"
/// for "-"), is dropped. X-Forwarded-For is continued.
[[nodiscard]] Headers forwarded_fields(const HttpRequest& request, const DeviceFields& device);

} // namespace nanomdm::http
