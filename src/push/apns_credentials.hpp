// The TLS side of one push certificate, ready for connections; and what TLS failures mean in plain words.
#pragma once

#include "nanomdm/storage/push_store.hpp"

#include <utility>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream_base.hpp>

#include <memory>
#include <string>

namespace nanomdm::push {

/// Client certificate, key and trust for APNs: TLS 1.2 or later, ALPN `h2`, the server verified.
/// @param ca_file PEM with the roots to trust; empty: the system's.
/// @throws Error{Errc::invalid} when the certificate or its key cannot be used,
///         Error{Errc::not_configured} when the roots cannot be read.
[[nodiscard]] std::shared_ptr<boost::asio::ssl::context> make_tls_context(const PushCertificate& certificate,
                                                                          const std::string& ca_file);

/// Asks for `host` by SNI and insists that the server's certificate is for it; a name or an address.
void expect_server(SSL* tls, const std::string& host);

[[nodiscard]] bool speaks_http2(const SSL* tls);

/// Why a connection failed. `final` failures do not go away by trying again: somebody must act.
struct ConnectFailure {
    std::string text;
    bool final = false;
};

/// Words for a failed handshake, or for the alert that TLS 1.3 sends when the handshake seemed done.
/// @param tls may be null.
[[nodiscard]] ConnectFailure explain_tls(const boost::system::error_code& error, const SSL* tls,
                                         const std::string& host);

} // namespace nanomdm::push
