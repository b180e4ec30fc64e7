// An HTTP/1.1 server that answers as a test says, and misbehaves on request: the webhook's receiver, the
// declarative management server, Apple's escrow service.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nanomdm::test {

/// A request as it arrived.
struct UpstreamRequest {
    std::string method;
    std::string target;                         ///< as in the request line
    std::map<std::string, std::string> headers; ///< names in lower case; of several, the last
    std::string body;
    std::size_t connection = 0;       ///< counted from 1 in the order accepted
    std::string client_common_name{}; ///< of the client's certificate, with TLS

    [[nodiscard]] std::optional<std::string> header(const std::string& lower_case_name) const;
};

/// How a request is answered.
struct UpstreamReply {
    int status = 200;
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{}; ///< besides Content-Length
    std::chrono::milliseconds latency{0};
    enum class Mishap {
        none,
        hang,       ///< no answer before release()
        cut,        ///< the connection is closed in place of an answer
        cut_midway, ///< the connection is closed after half of the body
        close,      ///< a whole answer, and the connection is closed without a word about it
        garbage,    ///< bytes that are not HTTP
    } mishap = Mishap::none;
    bool early_hints = false; ///< a 103 with a Link field first
};

struct UpstreamTls {
    std::string certificate_pem; ///< may be followed by its issuers
    std::string private_key_pem;
    std::string client_ca_pem{}; ///< not empty: a client certificate of this CA is demanded
};

/// One thread per connection, keep-alive. Listens on 127.0.0.1. All members may be called from any thread.
class Upstream {
public:
    using Answering = std::function<UpstreamReply(const UpstreamRequest&)>;

    /// @param answering called on the connections' threads, several at once.
    explicit Upstream(Answering answering = {}, std::optional<UpstreamTls> tls = {});
    ~Upstream();
    Upstream(const Upstream&) = delete;
    Upstream& operator=(const Upstream&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;
    /// "http://127.0.0.1:PORT" or https, without a slash at the end.
    [[nodiscard]] std::string url() const;

    void answer(Answering answering);
    void answer(UpstreamReply always);
    /// Requests that hang now are answered, and no later one hangs.
    void release();

    /// Closes all connections and the port: the next ones are refused, until come_back().
    void go_down();
    void come_back();

    /// From now on requests are counted and not kept.
    void only_count();
    /// In the order in which they had arrived in full.
    [[nodiscard]] std::vector<UpstreamRequest> requests() const;
    [[nodiscard]] std::size_t count() const;       ///< of requests
    [[nodiscard]] std::size_t connections() const; ///< accepted so far
    /// @return whether so many requests arrived in time.
    [[nodiscard]] bool wait_for(std::size_t requests,
                                std::chrono::milliseconds timeout = std::chrono::seconds{20}) const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// The value of X-Hmac-Signature for a body. @return base64.
[[nodiscard]] std::string hmac_signature(const std::string& key, const std::string& body);

} // namespace nanomdm::test
