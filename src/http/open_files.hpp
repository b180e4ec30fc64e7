// How many files and sockets this process may have open.
#pragma once

#include <cstddef>

namespace nanomdm::http {

[[nodiscard]] std::size_t open_file_limit() noexcept;

/// Raises the limit to what the administrator allows: the usual soft limit of 1024 is for programs that
/// use select(). Call early in main. @return the limit from then on.
std::size_t raise_open_file_limit() noexcept;

} // namespace nanomdm::http
