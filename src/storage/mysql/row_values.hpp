// Values of the domain from what rows hold: another program may have written them.
#pragma once

#include "nanomdm/mdm/enrollment.hpp"
#include "nanomdm/mdm/push_info.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace nanomdm::storage::mysql {

/// @param name as NanoMDM writes it. @throws Error{Errc::corrupt} for any other.
[[nodiscard]] EnrollmentType enrollment_type_of(std::string_view name);

/// @param topic as a RowKey. @throws Error{Errc::corrupt}
[[nodiscard]] PushInfo push_info_of(std::string topic, std::string magic, const std::string& token_hex);

/// @param seconds what UNIX_TIMESTAMP() says.
[[nodiscard]] TimePoint time_of(std::int64_t seconds);

} // namespace nanomdm::storage::mysql
