// A connected socket, in the clear or within TLS, for the fake upstream's blocking threads.
#pragma once

#include "support/upstream/upstream.hpp"

#include <memory>
#include <openssl/ssl.h>
#include <string>
#include <string_view>

namespace nanomdm::test {

class TlsContext {
public:
    explicit TlsContext(const UpstreamTls& tls);
    [[nodiscard]] SSL_CTX* get() const noexcept { return context_.get(); }

private:
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
};

class ByteStream {
public:
    /// Takes the socket over. @param context null: no TLS
    ByteStream(int socket, const TlsContext* context);
    ~ByteStream();
    ByteStream(const ByteStream&) = delete;
    ByteStream& operator=(const ByteStream&) = delete;

    [[nodiscard]] bool handshake();
    /// Appends what comes. @return false at the end, or on failure.
    [[nodiscard]] bool read(std::string& buffer);
    [[nodiscard]] bool write(std::string_view bytes);
    [[nodiscard]] std::string client_common_name() const;
    /// From another thread: ends what waits in read().
    void shut() noexcept;

private:
    int socket_;
    std::unique_ptr<SSL, decltype(&SSL_free)> tls_;
};

} // namespace nanomdm::test
