// Walking through all enrollments, a page at a time. Part of the storage interface.
#pragma once

#include "nanomdm/storage/enrollment_store.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace nanomdm {

/// Devices come in an order that is the backend's own: it never changes, not even when the storage is opened
/// again. A page costs the same wherever it begins.
class FleetReader {
public:
    virtual ~FleetReader() = default;

    /// Devices that sent Authenticate, enabled or not. One that is there all the while is on one page of a
    /// walk, whatever comes and goes meanwhile.
    /// @param after the last one of the page before, which need not be there any more; nullopt: the first
    /// page
    /// @return up to `limit`; fewer: there are no more.
    [[nodiscard]] virtual std::vector<EnrollmentState> devices_after(const std::optional<EnrollmentId>& after,
                                                                     std::size_t limit) = 0;

    /// Every user channel of a device that sent a message, enabled or not. Empty for an unknown device.
    [[nodiscard]] virtual std::vector<EnrollmentState> user_channels(const EnrollmentId& device) = 0;
};

} // namespace nanomdm
