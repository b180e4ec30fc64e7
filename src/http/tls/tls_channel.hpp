// TLS over one non-blocking socket: bytes in, bytes out, and what to wait for in between.
#pragma once

#include "http/step.hpp"

#include <memory>
#include <string>
#include <string_view>

struct ssl_st;

namespace nanomdm::http {

class TlsContext;

/// The server's end of a TLS connection. Never blocks; not thread-safe. The socket stays its owner's, who
/// must not close it before this is gone: its number might be another connection's by then.
class TlsChannel {
public:
    TlsChannel(const TlsContext& context, int socket);
    ~TlsChannel();
    TlsChannel(const TlsChannel&) = delete;
    TlsChannel& operator=(const TlsChannel&) = delete;

    /// To be called until it is done or over.
    [[nodiscard]] Step handshake();
    /// Why the handshake is over; empty when the client just went away.
    [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
    /// Whether it was over because the client spoke HTTP without TLS.
    [[nodiscard]] bool met_plain_http() const noexcept { return plain_http_; }

    [[nodiscard]] Moved read(char* into, std::size_t size);
    /// Writes some of `first` and what follows it. After Step::wait_write the same bytes must be offered
    /// again.
    [[nodiscard]] Moved write(std::string_view first, std::string_view second);
    /// Tells the client that nothing more comes (RFC 8446 section 6.1), unless the connection is broken.
    void say_goodbye() noexcept;

    /// DER, as the client presented it in this session's first handshake. @return null: it presented none.
    [[nodiscard]] std::shared_ptr<const std::string> client_certificate() const;

private:
    struct Freer {
        void operator()(ssl_st* tls) const noexcept;
    };

    Step after(int result) noexcept;

    int socket_;
    bool broken_ = false;
    bool plain_http_ = false;
    std::string failure_;
    std::unique_ptr<ssl_st, Freer> tls_;
};

} // namespace nanomdm::http
