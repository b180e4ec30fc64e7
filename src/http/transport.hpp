// A connection's bytes, in the clear or through TLS.
#pragma once

#include "http/asio_types.hpp"
#include "http/step.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <string>

namespace nanomdm::http {

class TlsChannel;
class TlsContext;

/// A socket and, on a TLS listener, the TLS on it. Its operations never block: what cannot go on says which
/// readiness of socket() to wait for. Used on one I/O thread.
class Transport {
public:
    /// @param tls null: bytes go as they are
    Transport(Socket socket, const TlsContext* tls);
    ~Transport();
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;

    [[nodiscard]] Socket& socket() noexcept { return socket_; }
    [[nodiscard]] bool has_tls() const noexcept { return tls_ != nullptr; }

    /// Done at once without TLS.
    [[nodiscard]] Step handshake();
    /// Why the handshake is over; empty when the client just went away.
    [[nodiscard]] std::string failure() const;
    /// After a handshake that met plain HTTP: goes on without TLS, so that the client can be told.
    /// @return whether that is what it met.
    bool fall_back_to_plain_http() noexcept;
    /// DER of the certificate the client presented; null when it presented none.
    [[nodiscard]] std::shared_ptr<const std::string> client_certificate() const;

    [[nodiscard]] Moved read(char* into, std::size_t size) noexcept;
    /// After Step::wait_write the same bytes must be offered again.
    [[nodiscard]] Moved write(const std::array<asio::const_buffer, 2>& bytes) noexcept;
    /// The client learns that nothing more comes. What it still sends can be read, though no longer
    /// understood.
    void finish_sending() noexcept;
    /// At once, in the middle of whatever is under way.
    void close() noexcept;

private:
    Socket socket_;
    std::unique_ptr<TlsChannel> tls_; ///< after the socket, which it must not outlive
};

} // namespace nanomdm::http
