// Turns `:9000`, `host:port`, `[v6]:port` and `unix:/path` into a listening socket.
#pragma once

#include <cstdint>
#include <string>

namespace nanomdm::http {

/// A listening, non-blocking socket. Closes it and removes its socket file when destroyed.
class Listener {
public:
    /// @throws Error{Errc::invalid} malformed; Error{Errc::unavailable} cannot be bound.
    [[nodiscard]] static Listener bind(const std::string& address);
    /// @throws Error{Errc::invalid} when it is not a listening stream socket.
    [[nodiscard]] static Listener adopt(int socket);

    ~Listener();
    Listener(Listener&& other) noexcept;
    Listener& operator=(Listener&&) = delete;

    /// In the form bind() takes, with the actual port.
    [[nodiscard]] const std::string& address() const noexcept { return address_; }
    [[nodiscard]] int family() const noexcept { return family_; }
    /// Gives the socket away; the socket file is still removed at the end.
    [[nodiscard]] int release() noexcept;

private:
    Listener(int socket, int family) noexcept : socket_{socket}, family_{family} {}
    void describe();

    int socket_ = -1;
    int family_ = 0;
    std::string address_;
    std::string file_;             ///< ours to remove,
    std::uint64_t file_inode_ = 0; ///< as long as it is this one: a successor may have replaced it
};

/// `127.0.0.1:80`, `[::1]:80` or `unix:/path` of a sockaddr; IPv4 mapped into IPv6 reads as IPv4.
[[nodiscard]] std::string endpoint_text(const void* sockaddr, unsigned length);
/// The same without the port; "unix" for any Unix socket.
[[nodiscard]] std::string host_text(const void* sockaddr, unsigned length);

} // namespace nanomdm::http
