// What is asked of other servers when a device asks this one, and their refusals.
#pragma once

#include "nanomdm/error.hpp"
#include "nanomdm/mdm/message.hpp"
#include "nanomdm/mdm/request.hpp"

#include <optional>
#include <string>

namespace nanomdm {

/// The other server says no, and the device is to know: its status is passed on. Where nobody asks for the
/// status, it is a failure of the upstream like any other.
class UpstreamRefusal : public Error {
public:
    /// @param status 4xx, and never 401, which a device takes as an order to unenroll.
    UpstreamRefusal(unsigned status, const std::string& what)
        : Error{Errc::upstream_failed, what}, status_{status} {}

    [[nodiscard]] unsigned status() const noexcept { return status_; }

private:
    unsigned status_;
};

/// Answers declarative management. Apple: «Declarative management» in Device Management. Blocking, for as
/// long as the other server takes; call it where a slow one holds up nobody. Thread-safe.
class DeclarativeManagementSource {
public:
    virtual ~DeclarativeManagementSource() = default;
    /// @return the JSON for the device; empty where the request was a status report.
    /// @throws UpstreamRefusal
    /// @throws Error{Errc::invalid} when Endpoint leads away from declarative management,
    /// Error{Errc::upstream_failed}, Error{Errc::unavailable} when too many devices wait already.
    [[nodiscard]] virtual std::string declarations(const Request& request,
                                                   const DeclarativeManagement& message) = 0;
};

/// Gives tokens of other services to devices. Blocking and thread-safe, as above.
class TokenSource {
public:
    virtual ~TokenSource() = default;
    /// @return raw `TokenData`; nullopt when it has none for the service type.
    /// @throws as DeclarativeManagementSource::declarations(), Error{Errc::unavailable}
    [[nodiscard]] virtual std::optional<std::string> token(const Request& request,
                                                           const GetToken& message) = 0;
};

} // namespace nanomdm
