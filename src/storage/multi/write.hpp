// One write that another storage is to get as well.
#pragma once

#include "nanomdm/mdm/enrollment.hpp"
#include "nanomdm/storage/storage.hpp"

#include <cstddef>
#include <functional>

namespace nanomdm::storage::multi {

/// How many writes are under way at once: a backend shares its commits among them.
inline constexpr std::size_t lanes = 8;

/// May be copied, cheaply.
struct Write {
    const char* name = "";    ///< of the operation, for the log; a literal
    std::size_t lane = 0;     ///< below `lanes`; the writes of one keep their order
    std::size_t bytes = 0;    ///< of what it carries
    bool dispensable = false; ///< the first to go when there is little room
    /// @return false when the storage lacks what the write builds on. Done again after Errc::unavailable.
    std::function<bool(AllStorage&)> apply;
};

/// The same for a device and its user channels, so that their writes keep their order.
[[nodiscard]] std::size_t lane_of(const EnrollmentId& id);

} // namespace nanomdm::storage::multi
