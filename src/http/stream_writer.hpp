// A streamed answer as bytes for the connection: the head, and the body in its framing.
#pragma once

#include "http/stream.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace nanomdm::http {

/// No sockets in sight. What was cut off upstream never looks whole: neither the last chunk nor the last byte
/// promised is made up.
class StreamWriter {
public:
    /// @param without_body the request was HEAD
    StreamWriter(Stream& stream, bool without_body, bool http_10) noexcept
        : stream_{stream}, without_body_{without_body}, http_10_{http_10} {}

    /// What is to be sent next; both empty: nothing now.
    [[nodiscard]] std::pair<std::string_view, std::string_view> pending() const noexcept;
    [[nodiscard]] bool is_empty() const noexcept { return sent_ == prefix_.size() + piece_.size(); }
    void sent(std::size_t bytes) noexcept { sent_ += bytes; }

    /// Takes more of the answer; only when empty and not over. @param may_stay the connection could go on
    /// afterwards
    void fill(bool may_stay);
    /// `100 Continue`; only when empty and before the answer has begun.
    void invite_body();

    /// Nothing more will come but what is pending.
    [[nodiscard]] bool is_over() const noexcept { return over_; }
    /// The answer is complete, and the client can tell.
    [[nodiscard]] bool is_whole() const noexcept { return whole_; }
    [[nodiscard]] bool has_begun() const noexcept { return status_ != 0; }
    /// When it is over and has not begun: what to answer instead.
    [[nodiscard]] unsigned failure() const noexcept { return failure_; }
    [[nodiscard]] unsigned status() const noexcept { return status_; }
    [[nodiscard]] std::uint64_t body_bytes() const noexcept { return body_bytes_; }
    /// The head promised another request its turn.
    [[nodiscard]] bool stays() const noexcept { return stays_; }
    /// The body ends where the connection does: only a reset tells that it was cut off.
    [[nodiscard]] bool ends_with_connection() const noexcept { return framing_ == Framing::connection; }

private:
    enum class Framing { none, length, chunked, connection };

    void begin(const StreamHead& head, bool may_stay);
    void frame();
    void end(const Stream::Answer& answer);

    Stream& stream_;
    const bool without_body_;
    const bool http_10_;
    std::string prefix_; ///< the head, a chunk's size
    std::string piece_;  ///< of the body, with what ends its chunk
    std::size_t sent_ = 0;
    Framing framing_ = Framing::none;
    std::uint64_t left_ = 0; ///< of the length promised
    std::uint64_t body_bytes_ = 0;
    unsigned status_ = 0;
    unsigned failure_ = 0;
    bool stays_ = false;
    bool over_ = false;
    bool whole_ = false;
};

} // namespace nanomdm::http
