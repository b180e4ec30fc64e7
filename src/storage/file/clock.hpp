// The store's clock.
#pragma once

#include "nanomdm/mdm/push_info.hpp"
#include "storage/file/record.hpp"

#include <chrono>

namespace nanomdm::storage::file {

[[nodiscard]] inline Timestamp timestamp(TimePoint at) noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}
[[nodiscard]] inline TimePoint time_point(Timestamp at) noexcept {
    return TimePoint{std::chrono::duration_cast<TimePoint::duration>(std::chrono::nanoseconds{at})};
}
[[nodiscard]] inline Timestamp now() noexcept { return timestamp(std::chrono::system_clock::now()); }

} // namespace nanomdm::storage::file
