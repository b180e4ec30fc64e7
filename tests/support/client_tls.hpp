// The client's end of TLS over a connected, blocking socket: what a test wants to offer, present and know.
#pragma once

#include "support/test_ca.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct ssl_session_st;
struct ssl_st;

namespace nanomdm::test {

/// What a server gave to resume by.
using TlsSession = std::shared_ptr<ssl_session_st>;

struct ClientTlsOptions {
    std::optional<Identity> identity = {};   ///< presented when the server asks for a certificate
    std::vector<std::string> protocols = {}; ///< offered by ALPN; empty: no ALPN
    int lowest = 0;                          ///< version, 0x0303 is TLS 1.2; 0: the library's
    int highest = 0;                         ///< the same
    TlsSession resume = {};                  ///< null: a full handshake
};

/// Trusts any server. Failures throw std::runtime_error.
class ClientTls {
public:
    /// Does the handshake. The socket stays its owner's.
    ClientTls(int socket, const ClientTlsOptions& options = {});
    ~ClientTls();

    /// @return false when the server takes no more.
    bool write(std::string_view bytes);
    /// @return what has come, nothing at the end. @throws std::runtime_error when nothing comes in time.
    std::string read();
    /// Whether the end was the server's goodbye, not just the connection's.
    [[nodiscard]] bool ended_by_goodbye() const;
    /// Sends close_notify.
    void say_goodbye();
    /// Asks for another handshake on this connection (TLS 1.2). @return whether the server took part.
    bool renegotiate();

    [[nodiscard]] bool resumed() const;
    [[nodiscard]] std::string protocol() const; ///< chosen by ALPN; empty: none
    [[nodiscard]] std::string version() const;  ///< "TLSv1.3"
    [[nodiscard]] std::string server_certificate_pem() const;
    [[nodiscard]] std::size_t chain_length() const; ///< certificates the server sent
    [[nodiscard]] bool was_asked_for_certificate() const noexcept { return *asked_; }
    /// The newest ticket; with TLS 1.3 it comes with the first answer.
    [[nodiscard]] TlsSession session() const;

private:
    std::shared_ptr<bool> asked_;
    std::unique_ptr<ssl_st, void (*)(ssl_st*)> tls_;
};

} // namespace nanomdm::test
