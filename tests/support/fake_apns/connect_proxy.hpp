// A minimal HTTP proxy that knows CONNECT, for testing the way through one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace nanomdm::fake_apns {

struct ProxyOptions {
    std::string credentials{}; ///< "user:password" to be demanded; empty: none
    std::string answer{};      ///< a status line to refuse every tunnel with, such as "502 Bad Gateway"
};

/// Listens on 127.0.0.1. Runs on its own thread.
class ConnectProxy {
public:
    explicit ConnectProxy(ProxyOptions options = {});
    ~ConnectProxy();

    [[nodiscard]] std::uint16_t port() const noexcept;
    /// The targets asked for, "host:port", refused ones too.
    [[nodiscard]] std::vector<std::string> targets() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nanomdm::fake_apns
