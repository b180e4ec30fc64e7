// A port of 127.0.0.1 that stays ours while its server is down.
#pragma once

#include <cstdint>

namespace nanomdm::test {

/// Holds a socket that is bound and never listens: the kernel gives the port to nobody who asks for any port,
/// also not as the source of a connection, while a server that sets SO_REUSEADDR can listen on it. A server
/// that a test stops would otherwise find its port taken by one of its own clients trying to reconnect.
class ReservedPort {
public:
    /// @throws std::system_error
    ReservedPort();
    ~ReservedPort();
    ReservedPort(const ReservedPort&) = delete;
    ReservedPort& operator=(const ReservedPort&) = delete;

    [[nodiscard]] std::uint16_t number() const noexcept { return number_; }

private:
    int socket_;
    std::uint16_t number_ = 0;
};

} // namespace nanomdm::test
