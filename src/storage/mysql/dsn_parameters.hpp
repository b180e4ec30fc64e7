// What stands behind the question mark of a DSN.
#pragma once

#include "storage/mysql/endpoint.hpp"

#include <string>
#include <string_view>

namespace nanomdm::storage::mysql {

/// `name=value&name=value` into the endpoint. See parse_dsn for the names.
/// @throws Error{Errc::invalid} whose text has nothing of the values, nor names that are not known.
void read_parameters(std::string_view text, Endpoint& endpoint);

/// @throws Error{Errc::invalid} at a % without two hexadecimal digits.
[[nodiscard]] std::string percent_decoded(std::string_view text);

} // namespace nanomdm::storage::mysql
