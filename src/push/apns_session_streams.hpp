// Shared by the session's two source files only: a stream's state and the nghttp2 handle.
#pragma once

#include "push/apns_session.hpp"

#include <nghttp2/nghttp2.h>

namespace nanomdm::push {

/// Streams are reused, so that their strings keep their capacity.
struct ApnsSession::Stream {
    Delivery* delivery = nullptr; ///< null: answered or cancelled, only the HTTP/2 stream is still closing
    std::int32_t id = 0;
    std::string payload;
    std::size_t payload_sent = 0;
    Answer answer;
    int status = 0; ///< of the header block being received, 1xx included
    std::size_t body_received = 0;

    void restart() noexcept {
        payload.clear();
        payload_sent = 0;
        answer = {};
        status = 0;
        body_received = 0;
    }
};

struct ApnsSession::Nghttp2 {
    nghttp2_session* session = nullptr;
    ~Nghttp2() { nghttp2_session_del(session); }
};

/// @throws Error{Errc::internal} with nghttp2's text for a negative result (out of memory, as we use it).
void check_nghttp2(int result);

[[nodiscard]] std::unique_ptr<ApnsSession::Nghttp2> open_client_session(ApnsSession& owner);

/// `{"mdm":"<PushMagic>"}`, the magic escaped as JSON asks (RFC 8259 section 7).
void write_payload(std::string& payload, const PushMagic& magic);

ssize_t read_payload(nghttp2_session* session, std::int32_t stream_id, std::uint8_t* buffer,
                     std::size_t length, std::uint32_t* flags, nghttp2_data_source* source, void* user);

} // namespace nanomdm::push
