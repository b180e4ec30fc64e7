// Requests to another server whose bodies and answers only pass through this one.
#pragma once

#include "http/message.hpp"
#include "http/stream.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace nanomdm::http {

/// A request whose body comes through a Stream. Fields that libcurl would make up are not sent unless given.
struct StreamRequest {
    std::string method = "GET";
    std::string url;   ///< http or https; `user:password@` becomes Basic authentication
    Headers headers{}; ///< without Host, and those about the connection or the length
    enum class Body { none, of_length, of_unknown_length } body = Body::none;
    std::uint64_t length = 0; ///< with of_length
    std::string trace_id{};   ///< for the log
};

struct StreamClientOptions {
    std::string ca_file{}; ///< as in ClientOptions
    std::chrono::milliseconds connect_time{5'000};
    std::chrono::milliseconds idle_time{
        60'000}; ///< without a byte in either direction; there is no total limit
    std::size_t most_streams = 256;
    long max_idle = 64; ///< connections kept open for the next request
};

/// Answers streams with what another server says to a request: status, end-to-end fields and body, as they
/// come. One thread moves the bytes of all exchanges and never waits for one of them, so that a slow client
/// or server costs two small buffers. TLS servers are verified, and the environment's proxies used, as by
/// HttpClient; redirects are not followed and nothing is decompressed. Where no answer comes the client gets
/// 502. Connections are kept alive, but a request that has a body, or changes something perhaps, gets one of
/// its own: over one that its server has just closed it might arrive twice.
class StreamClient {
public:
    explicit StreamClient(StreamClientOptions options = {});
    /// stop()
    ~StreamClient();
    StreamClient(const StreamClient&) = delete;
    StreamClient& operator=(const StreamClient&) = delete;

    /// Does not wait. Safe on any thread.
    /// @return false, and nothing happens, when there are most_streams already or after stop().
    /// @throws Error{Errc::invalid} when the URL, the method or a field could not be sent as it is.
    [[nodiscard]] bool forward(const StreamRequest& request, std::shared_ptr<Stream> stream);

    /// Cuts the exchanges under way. Blocking, for milliseconds. Idempotent.
    void stop() noexcept;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nanomdm::http
