// The server's own requests to others: declarative management, tokens, the webhook's receiver, Apple.
#pragma once

#include "http/message.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace nanomdm::http {

/// What this server shows to a TLS server that asks for a client certificate. Both PEM.
struct ClientIdentity {
    std::string certificate_pem;
    std::string private_key_pem; ///< not encrypted
};

/// A request to be sent. Fields that libcurl would make up (Content-Type, Expect) are not sent unless given.
struct ClientRequest {
    std::string method = "GET";
    std::string url; ///< http or https; `user:password@` becomes Basic authentication
    Headers headers{};
    std::string body{};
    std::optional<ClientIdentity> identity{};
};

struct ClientResponse {
    unsigned status = 0;
    Headers headers{};
    std::string body{};
};

struct ClientOptions {
    std::string ca_file{}; ///< PEM; empty: SSL_CERT_FILE's, as in Go and OpenSSL, else the system's roots
    std::chrono::milliseconds connect_time{5'000};
    std::chrono::milliseconds total_time{30'000}; ///< from send() to the last byte of the answer
    std::size_t max_body = 16 * 1024 * 1024;      ///< a longer answer is a failure
    std::size_t max_idle = 64;                    ///< connections kept open for the next request
};

/// Speaks HTTP/1.1 over connections that are kept alive. TLS servers are verified, redirects are not
/// followed, and the proxy is the environment's: http_proxy, HTTPS_PROXY, NO_PROXY, and as in Go none for a
/// loopback address. Blocking; safe on any number of threads, each of which has a connection to itself
/// meanwhile.
class HttpClient {
public:
    explicit HttpClient(ClientOptions options = {});
    /// All calls of send() must have returned.
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// A request that meets a connection its server has just closed is sent again over a new one, so that a
    /// server may get it twice.
    /// @return the answer, whatever its status.
    /// @throws Error{Errc::invalid} when the method, URL or a field could not be sent as it is.
    /// @throws Error{Errc::upstream_failed} when no whole answer came. Its text names the server, and
    /// nothing else of the URL, where there may be secrets.
    [[nodiscard]] ClientResponse send(const ClientRequest& request);

    /// Ends the requests under way within a second or so and refuses later ones, both with
    /// Errc::upstream_failed. For the end of the program; safe on any thread.
    void stop() noexcept;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// Of a URL the part that may be shown: "https://host:port". @throws Error{Errc::invalid} unless it is an
/// absolute http or https URL.
[[nodiscard]] std::string origin_of(const std::string& url);

} // namespace nanomdm::http
