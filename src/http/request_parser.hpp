// Bytes to HttpRequest: Beast's parser made stricter, with no sockets in sight.
#pragma once

#include "http/message.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace nanomdm::http {

/// Parses one request (RFC 9112). Stricter than Beast where a lenient reading lets two servers disagree on
/// where a request ends: one Content-Length, no Content-Length beside Transfer-Encoding, no coding but
/// chunked, no folded lines, exactly one Host in HTTP/1.1. Trailers are read and dropped.
class RequestParser {
public:
    enum class State { header, body, complete, failed };

    explicit RequestParser(std::uint32_t header_limit);
    ~RequestParser();
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;

    /// Parses from the front; stops at the header's end once, so that the body can still be refused, and at
    /// the end of the request. @return the bytes used; offer the rest again, together with more.
    std::size_t feed(std::string_view bytes);

    /// Bounds a chunked body; its next chunk over it fails with 413. Call at the header's end.
    void limit_body(std::uint64_t bytes);

    [[nodiscard]] State state() const noexcept;
    /// What to answer once failed: 400, 413, 431, 501 or 505.
    [[nodiscard]] unsigned failure() const noexcept;
    /// Whether the request line has been read, so that there is something to log.
    [[nodiscard]] bool has_target() const noexcept;

    // From the header's end on:
    [[nodiscard]] bool keep_alive() const;
    [[nodiscard]] bool is_http_10() const;
    [[nodiscard]] bool is_chunked() const;
    /// The declared length; nullopt when there is none or the body is chunked.
    [[nodiscard]] std::optional<std::uint64_t> content_length() const;

    [[nodiscard]] HttpRequest& request() noexcept;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nanomdm::http
