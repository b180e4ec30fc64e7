// The session's state and its rules; what nghttp2 calls back is in apns_session_callbacks.cpp.
#include "push/apns_session.hpp"

#include "push/apns_session_streams.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace nanomdm::push {
namespace {

/// Responses are small, but thousands may arrive at once: do not let the default 64 KiB throttle them.
constexpr std::int32_t connection_window = 1 << 20;

nghttp2_nv field(std::string_view name, std::string_view value, std::uint8_t flags) {
    // nghttp2 takes non-const pointers and does not write through them.
    return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
            reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
            flags};
}

} // namespace

ApnsSession::ApnsSession(std::string authority, const SessionLimits& limits, Clock::time_point now)
    : authority_{std::move(authority)}, limits_{limits}, nghttp2_{open_client_session(*this)},
      last_received_{now}, busy_since_{now} {
    const std::array<nghttp2_settings_entry, 1> settings{{{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}}};
    check_nghttp2(
        nghttp2_submit_settings(nghttp2_->session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()));
    check_nghttp2(
        nghttp2_session_set_local_window_size(nghttp2_->session, NGHTTP2_FLAG_NONE, 0, connection_window));
    if (limits_.first_stream != 1)
        check_nghttp2(nghttp2_session_set_next_stream_id(nghttp2_->session, limits_.first_stream));
}

ApnsSession::~ApnsSession() = default;

bool ApnsSession::draining() const noexcept {
    return draining_ || goaway_ || !error_.empty() ||
           nghttp2_session_check_request_allowed(nghttp2_->session) == 0;
}

std::size_t ApnsSession::capacity() const noexcept {
    if (!settings_received_ || draining()) return 0;
    const std::size_t allowed =
        nghttp2_session_get_remote_settings(nghttp2_->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    const auto ceiling = std::min(allowed, limits_.streams);
    return ceiling > active_ ? ceiling - active_ : 0;
}

ApnsSession::Stream* ApnsSession::submit(const PushInfo& info, std::string_view expiration,
                                         Delivery* delivery, Clock::time_point now) {
    // What repeats from one notification to the next may enter the HPACK table; the token never does.
    constexpr std::uint8_t fixed = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
    constexpr std::uint8_t copied = NGHTTP2_NV_FLAG_NO_COPY_NAME;
    const std::string path = "/3/device/" + info.token.hex();
    const std::array<nghttp2_nv, 8> headers{
        field(":method", "POST", fixed),
        field(":scheme", "https", fixed),
        field(":authority", authority_, fixed),
        field(":path", path, copied | NGHTTP2_NV_FLAG_NO_INDEX),
        field("apns-topic", info.topic.str(), copied),
        field("apns-push-type", "mdm", fixed),
        field("apns-priority", "10", fixed),
        field("apns-expiration", expiration, copied),
    };
    Stream& stream = acquire();
    stream.delivery = delivery;
    write_payload(stream.payload, info.magic);
    nghttp2_data_provider body{};
    body.source.ptr = &stream;
    body.read_callback = &read_payload;
    const std::int32_t id =
        nghttp2_submit_request(nghttp2_->session, nullptr, headers.data(), headers.size(), &body, &stream);
    if (id < 0) {
        release(stream);
        return nullptr;
    }
    stream.id = id;
    if (active_ == 1) {
        busy_since_ = now;
        // The network may have dropped a long idle connection without a word: ask along with the request.
        if (now - last_received_ > limits_.idle_trust && !ping_sent_) send_ping(now);
    }
    return &stream;
}

void ApnsSession::cancel(Stream* stream) {
    stream->delivery = nullptr;
    nghttp2_submit_rst_stream(nghttp2_->session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_CANCEL);
}

bool ApnsSession::receive(std::string_view bytes, Clock::time_point now) {
    last_received_ = now;
    if (!error_.empty()) return false;
    const auto taken = nghttp2_session_mem_recv(
        nghttp2_->session, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (taken < 0) error_ = std::string{"HTTP/2: "} + nghttp2_strerror(static_cast<int>(taken));
    return error_.empty();
}

void ApnsSession::output(std::string& out, std::size_t limit) {
    while (out.size() < limit) {
        const std::uint8_t* chunk = nullptr;
        const auto size = nghttp2_session_mem_send(nghttp2_->session, &chunk);
        if (size < 0) error_ = std::string{"HTTP/2: "} + nghttp2_strerror(static_cast<int>(size));
        if (size <= 0) return;
        out.append(reinterpret_cast<const char*>(chunk), static_cast<std::size_t>(size));
    }
}

bool ApnsSession::tick(Clock::time_point now) {
    if (ping_sent_) {
        if (now - *ping_sent_ < limits_.ping_deadline) return true;
        error_ = "no answer to a PING";
        return false;
    }
    const auto due = next_tick();
    if (due && *due <= now) send_ping(now);
    return true;
}

std::optional<Clock::time_point> ApnsSession::next_tick() const noexcept {
    if (ping_sent_) return *ping_sent_ + limits_.ping_deadline;
    if (active_ > 0) return std::max(last_received_, busy_since_) + limits_.quiet;
    return std::nullopt;
}

void ApnsSession::send_ping(Clock::time_point now) {
    check_nghttp2(nghttp2_submit_ping(nghttp2_->session, NGHTTP2_FLAG_NONE, nullptr));
    ping_sent_ = now;
}

std::vector<Outcome> ApnsSession::take_outcomes() noexcept { return std::exchange(outcomes_, {}); }

void ApnsSession::abandon() {
    for (const auto& stream : streams_)
        if (stream->delivery != nullptr) finish(*stream, Fate::lost);
    draining_ = true;
}

void ApnsSession::terminate() {
    draining_ = true;
    nghttp2_session_terminate_session(nghttp2_->session, NGHTTP2_NO_ERROR);
}

ApnsSession::Stream& ApnsSession::acquire() {
    if (free_.empty()) {
        streams_.push_back(std::make_unique<Stream>());
        free_.reserve(streams_.size()); // release() must not allocate
        free_.push_back(streams_.back().get());
    }
    Stream& stream = *free_.back();
    free_.pop_back();
    stream.restart();
    ++active_;
    return stream;
}

void ApnsSession::release(Stream& stream) noexcept {
    stream.delivery = nullptr;
    stream.id = 0;
    free_.push_back(&stream);
    --active_;
}

void ApnsSession::finish(Stream& stream, Fate fate) {
    if (stream.delivery == nullptr) return;
    Outcome outcome{std::exchange(stream.delivery, nullptr), fate, {}};
    if (fate == Fate::answered) {
        outcome.answer = std::exchange(stream.answer, {});
        ++answers_;
    }
    outcomes_.push_back(std::move(outcome));
}

} // namespace nanomdm::push
