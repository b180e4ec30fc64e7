// A fake APNs: real HTTP/2 over TLS, demands a client certificate, and misbehaves on request.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nanomdm::fake_apns {

/// A notification as it arrived.
struct Notification {
    std::string method;
    std::string path;  ///< "/3/device/<token>"
    std::string token; ///< from the path, hexadecimal
    std::string authority;
    std::string topic;
    std::string push_type;
    std::string priority;
    std::string expiration;
    std::string payload;
    std::string client_uid;       ///< UID of the client certificate's subject
    std::string client_serial;    ///< its serial number, hexadecimal: tells renewals apart
    std::size_t connection = 0;   ///< counted from 1 in the order accepted
    std::size_t header_count = 0; ///< pseudo-headers included
};

/// How a notification is answered. The default is APNs' success.
struct Reply {
    int status = 200;
    std::string reason{};                    ///< body {"reason":…}; empty: no body
    std::optional<std::int64_t> timestamp{}; ///< milliseconds since 1970, as with 410
    std::optional<std::string> body{};       ///< in place of the JSON one
    std::string retry_after{};
    std::optional<std::chrono::milliseconds> latency{};
    bool apns_id = true;
    bool early_hints = false;             ///< a 103 first
    bool trailers = false;                ///< header fields after the body
    std::optional<std::uint32_t> reset{}; ///< RST_STREAM with this code in place of an answer
    bool never = false;
    bool cut = false; ///< the connection is closed in place of an answer
};

/// What a new connection meets.
enum class Reception {
    normal,
    closed,              ///< closed right after TCP
    mute,                ///< TCP only, not a byte
    goaway,              ///< GOAWAY before the first request
    certificate_expired, ///< TLS alert about the client certificate
    certificate_revoked,
    no_http2, ///< TLS without ALPN h2
    tls12,    ///< TLS 1.2 at most, all else as usual
    old_tls,  ///< TLS 1.1 only
};

struct Options {
    std::string listen = "127.0.0.1:0";
    std::chrono::milliseconds latency{0};
    std::uint32_t max_streams = 1000;
    bool record = true; ///< keep the notifications; off where hundreds of thousands come
    std::function<void(const Notification&)> on_notification{}; ///< called on the server's thread
};

/// What was seen so far.
struct Seen {
    std::size_t notifications = 0;
    std::size_t connections = 0; ///< accepted, whatever became of them
    std::size_t sessions = 0;    ///< TLS and HTTP/2 up
    std::size_t open = 0;        ///< sessions now
    std::size_t pings = 0;
    std::size_t resets = 0;       ///< RST_STREAM from the client
    std::size_t peak_streams = 0; ///< most requests unanswered at once on one connection
};

/// A certificate and its key, PEM.
struct PushIdentity {
    std::string certificate_pem;
    std::string private_key_pem;
};

/// Runs on its own thread. All members may be called from any thread; changes are in force on return.
class FakeApns {
public:
    explicit FakeApns(Options options = {});
    ~FakeApns();

    [[nodiscard]] std::uint16_t port() const noexcept;
    [[nodiscard]] std::string url(const std::string& host = "localhost") const;
    /// The CA that vouches for this server (names: localhost, 127.0.0.1). Made anew for each object.
    [[nodiscard]] std::string ca_pem() const;
    /// A push certificate for the topic, from the same CA.
    [[nodiscard]] PushIdentity push_identity(const std::string& topic) const;

    /// The next replies for a token, one each; after them, the default.
    void reply(const std::string& token_hex, std::vector<Reply> replies);
    void reply_to_all(Reply reply);
    void set_latency(std::chrono::milliseconds latency);
    /// To open connections too, by SETTINGS.
    void set_max_streams(std::uint32_t streams);
    void set_reception(Reception reception);
    /// From now on open connections are read no more and say nothing: a dead peer.
    void fall_silent();
    /// GOAWAY on all open connections. Requests received so far are answered when `keep_received`, else
    /// the last stream id is 0 and nothing is.
    void goaway(const std::string& debug_data, bool keep_received);
    /// Closes all connections.
    void cut();

    [[nodiscard]] Seen seen() const;
    /// Counts Seen::peak_streams anew.
    void forget_peak();
    [[nodiscard]] std::vector<Notification> notifications() const;
    /// @return whether the condition came true in time.
    [[nodiscard]] bool wait_until(const std::function<bool(const Seen&)>& condition,
                                  std::chrono::milliseconds timeout = std::chrono::seconds{20}) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nanomdm::fake_apns
