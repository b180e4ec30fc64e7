// HTTP/2 towards APNs as a protocol machine: bytes in, bytes out, the clock passed in, no sockets.
#pragma once

#include "nanomdm/mdm/push_info.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::push {

using Clock = std::chrono::steady_clock;

struct Delivery; // whoever submits names its notifications by these; the session only hands them back

/// What APNs answered, unparsed. `status` is the final one, never 1xx.
struct Answer {
    int status = 0;
    std::string apns_id;
    std::string retry_after;
    std::string body; ///< at most SessionLimits::body bytes of it
};

/// How one submitted notification ended.
enum class Fate {
    answered, ///< `answer` holds APNs' word
    refused,  ///< the peer vouches that it did not process it (GOAWAY, REFUSED_STREAM) or it never left
    lost,     ///< reset, or the connection ended before the answer: processed or not, nobody knows
};

struct Outcome {
    Delivery* delivery = nullptr;
    Fate fate = Fate::lost;
    Answer answer;
};

/// GOAWAY as the peer sent it (RFC 9113 section 6.8).
struct Goaway {
    std::uint32_t error_code = 0;
    std::string reason; ///< from the debug data `{"reason":…}`, else the debug data itself, cut and cleaned
};

struct SessionLimits {
    std::size_t streams = 4000;         ///< our own ceiling below the peer's MAX_CONCURRENT_STREAMS
    std::size_t body = 4096;            ///< what is kept of an answer's body; APNs' are below 200 bytes
    std::size_t body_flood = 64 * 1024; ///< from here on the stream is reset and the answer taken as it is
    Clock::duration quiet = std::chrono::seconds{5}; ///< silence with streams open that asks for a PING
    Clock::duration idle_trust =
        std::chrono::seconds{30}; ///< after this much idleness the next request brings a PING
    Clock::duration ping_deadline = std::chrono::seconds{5}; ///< an unanswered PING means a dead peer
    std::int32_t first_stream = 1;                           ///< odd; tests start near 2^31
};

/// One client session. Not thread-safe: every call on the connection's I/O thread.
class ApnsSession {
public:
    struct Stream; ///< a submitted notification; valid until its outcome is taken or it is cancelled
    struct Nghttp2;

    /// @param authority the host (and port, unless 443) for `:authority`.
    ApnsSession(std::string authority, const SessionLimits& limits, Clock::time_point now);
    ~ApnsSession();
    ApnsSession(const ApnsSession&) = delete;
    ApnsSession& operator=(const ApnsSession&) = delete;

    /// How many more notifications the peer's SETTINGS allow at this moment; 0 before its SETTINGS came,
    /// while draining, after GOAWAY and when the stream ids are used up.
    [[nodiscard]] std::size_t capacity() const noexcept;
    /// Queues one notification as a stream; call only with capacity(). The parameters are read now.
    /// @param expiration value of `apns-expiration`, seconds since 1970.
    /// @return nullptr when it cannot be queued after all.
    Stream* submit(const PushInfo& info, std::string_view expiration, Delivery* delivery,
                   Clock::time_point now);
    /// Gives a notification up; there will be no outcome.
    void cancel(Stream* stream);

    /// Takes bytes from the peer. @return false when the session cannot go on; see error().
    bool receive(std::string_view bytes, Clock::time_point now);
    /// Appends what is to be sent, until `out` holds `limit` bytes or nothing is left.
    void output(std::string& out, std::size_t limit);
    /// Sends a PING when one is due. @return false when an earlier one was not answered: the peer is dead.
    bool tick(Clock::time_point now);
    /// When tick() has something to do next; nullopt: not before a further call.
    [[nodiscard]] std::optional<Clock::time_point> next_tick() const noexcept;

    /// The outcomes since the last call.
    [[nodiscard]] std::vector<Outcome> take_outcomes() noexcept;
    /// Ends every open stream as lost; for when the connection is gone.
    void abandon();

    /// No new streams from now on; those open go on.
    void drain() noexcept { draining_ = true; }
    /// Asks the peer to part; call when nothing is open any more.
    void terminate();

    [[nodiscard]] bool settings_received() const noexcept { return settings_received_; }
    /// No further stream can be opened, ever.
    [[nodiscard]] bool draining() const noexcept;
    /// Nothing is open.
    [[nodiscard]] bool empty() const noexcept { return active_ == 0; }
    [[nodiscard]] std::size_t active() const noexcept { return active_; }
    /// Answers received so far.
    [[nodiscard]] std::uint64_t answers() const noexcept { return answers_; }
    [[nodiscard]] const std::optional<Goaway>& goaway() const noexcept { return goaway_; }
    [[nodiscard]] const std::string& error() const noexcept { return error_; }

private:
    friend struct SessionCallbacks;

    Stream& acquire();
    void release(Stream& stream) noexcept;
    void finish(Stream& stream, Fate fate);
    void send_ping(Clock::time_point now);

    std::string authority_;
    SessionLimits limits_;
    std::unique_ptr<Nghttp2> nghttp2_;
    std::vector<std::unique_ptr<Stream>> streams_; ///< all ever needed at once
    std::vector<Stream*> free_;
    std::vector<Outcome> outcomes_;
    std::size_t active_ = 0;
    std::uint64_t answers_ = 0;
    Clock::time_point last_received_;
    Clock::time_point busy_since_;
    std::optional<Clock::time_point> ping_sent_;
    std::optional<Goaway> goaway_;
    std::string error_;
    bool settings_received_ = false;
    bool draining_ = false;
};

} // namespace nanomdm::push
