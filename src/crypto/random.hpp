// Unpredictable bytes.
#pragma once

#include <cstddef>
#include <string>

namespace nanomdm {

/// `count` bytes from the cryptographic generator.
/// @throws Error{Errc::internal} when the operating system gives no entropy.
[[nodiscard]] std::string random_bytes(std::size_t count);

} // namespace nanomdm
