// A TCP port of 127.0.0.1 nobody listens on, for programs that cannot take port 0.
#pragma once

#include <cstdint>

namespace nanomdm::test {

/// Another program may take it before you do: only for programs that cannot choose one themselves.
[[nodiscard]] std::uint16_t free_port();

/// @return whether something accepts connections on 127.0.0.1:`port`.
[[nodiscard]] bool accepts_connections(std::uint16_t port);

} // namespace nanomdm::test
