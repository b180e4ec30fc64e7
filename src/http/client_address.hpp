// Who the client is when a proxy stands in between: X-Forwarded-For, as far as it can be believed.
#pragma once

#include "http/message.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::http {

/// The networks whose X-Forwarded-For is believed (`-trust-proxy`). Immutable, so free of locks.
class TrustedProxies {
public:
    TrustedProxies() = default;
    /// @param networks each `10.0.0.0/8`, `fd00::/8`, a single address, or `unix` for whoever connects
    /// by a Unix socket. @throws Error{Errc::invalid} naming the one that is none of these.
    explicit TrustedProxies(const std::vector<std::string>& networks);

    [[nodiscard]] bool contains(std::string_view address) const noexcept;

    /// The right-most address of X-Forwarded-For that is not itself a trusted proxy, provided the peer
    /// is one; else the peer. What stands further left was written by strangers.
    [[nodiscard]] std::string client_of(std::string_view peer, const Headers& headers) const;

private:
    struct Network {
        std::array<std::uint8_t, 16> bytes; ///< IPv4 in its mapped form
        unsigned prefix;                    ///< bits
    };
    std::vector<Network> networks_;
    bool unix_ = false;
};

} // namespace nanomdm::http
