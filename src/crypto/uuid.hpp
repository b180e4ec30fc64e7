// Random identifiers.
#pragma once

#include <string>

namespace nanomdm {

/// RFC 9562, version 4, in lower case. @throws as random_bytes
[[nodiscard]] std::string random_uuid();

} // namespace nanomdm
