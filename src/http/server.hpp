// The HTTP/1.1 server: listeners, I/O threads and their life cycle. Sessions are in session.cpp.
#pragma once

#include "http/client_address.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace nanomdm::http {

class Router;
class TlsContext;
class WorkerPool;

/// The bounds every connection is held to (docs: limits of the device endpoints).
struct ServerLimits {
    std::uint32_t header_bytes = 64 * 1024;      ///< a longer header block is answered 431
    std::uint64_t body_bytes = 16 * 1024 * 1024; ///< a longer body is answered 413, unread
    /// What all bodies being received or handled may hold together; the request that goes over it gets 503.
    std::uint64_t bodies_bytes = 512ull * 1024 * 1024;
    std::chrono::milliseconds header_time{
        10'000}; ///< first byte to the header's end; the TLS handshake as much
    std::chrono::milliseconds body_time{60'000};  ///< header's end to the body's end
    std::chrono::milliseconds idle_time{75'000};  ///< between two requests of a connection
    std::chrono::milliseconds write_time{60'000}; ///< without the client taking a single byte
    /// At the limit the connection idle for longest makes room; if none is idle the newcomer gets 503.
    std::size_t connections = 10'000;
};

struct ServerOptions {
    unsigned io_threads = 1;
    ServerLimits limits;
    TrustedProxies trusted_proxies; ///< whose X-Forwarded-For names the client
    bool access_log = true;
};

/// Serves Routers on addresses. Construct, listen, start, and at the end drain.
/// Handlers run on the two pools, never on an I/O thread; the pools must be stopped before the
/// routers and what their handlers refer to are destroyed, since a job may outlive the drain's grace.
class Server {
public:
    Server(WorkerPool& workers, WorkerPool& upstream, ServerOptions options = {});
    /// Stops at once; call drain() before to lose no answer.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Binds, before start(). @param address `:9000` (all interfaces, both families), `host:port`,
    /// `[v6]:port` or `unix:/path` (a stale socket file is replaced, a live one is not; mode 0660).
    /// @param tls whom connections speak TLS by; must outlive the server; null: in the clear
    /// @return the address bound, with the port the system chose where 0 was asked for.
    /// @throws Error{Errc::invalid} for a malformed address, Error{Errc::unavailable} when taken.
    std::string listen(const std::string& address, const Router& router, const TlsContext* tls = nullptr);
    /// The same for a listening socket made by somebody else (systemd socket activation).
    std::string adopt(int listening_socket, const Router& router, const TlsContext* tls = nullptr);

    /// Lowers ServerLimits::body_bytes; before start().
    void limit_bodies(std::uint64_t bytes);

    /// Starts the I/O threads and accepts.
    void start();

    /// Stops accepting, answers what is under way with `Connection: close`, and returns when the last
    /// connection has ended or the grace is over; then everything is stopped. Blocking; not from a handler.
    /// @return whether every connection ended by itself.
    bool drain(std::chrono::milliseconds grace);

    [[nodiscard]] std::size_t open_connections() const noexcept;
    /// For each I/O thread a number that grows several times a second while the thread does its work.
    [[nodiscard]] std::vector<std::uint64_t> io_beats() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nanomdm::http
