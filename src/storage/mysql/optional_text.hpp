// Parameters for NanoMDM's columns of what may be absent: they refuse an empty text.
#pragma once

#include "storage/mysql/session.hpp"

#include <string>
#include <string_view>

namespace nanomdm::storage::mysql {

/// Bytes; NULL for none. They must outlive the statement.
[[nodiscard]] inline Parameter text_or_null(const std::string& value) {
    return value.empty() ? Parameter{nullptr} : Parameter{std::string_view{value}};
}

/// A name; NULL for a blank one, too, because '' = ' ' to the columns.
[[nodiscard]] inline Parameter name_or_null(const std::string& value) {
    return value.find_first_not_of(' ') == std::string::npos ? Parameter{nullptr}
                                                             : Parameter{std::string_view{value}};
}

} // namespace nanomdm::storage::mysql
