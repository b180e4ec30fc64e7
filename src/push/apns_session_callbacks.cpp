// What nghttp2 tells the session: header fields, bodies, the end of streams, SETTINGS, PING and GOAWAY.
#include "push/apns_answer.hpp"
#include "push/apns_session_streams.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <new>

namespace nanomdm::push {
namespace {

constexpr std::size_t longest_header_value = 128;

std::string_view text(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

/// Nothing may be thrown through nghttp2's C frames; the session ends instead.
template <class Body> int guarded(Body body) noexcept {
    try {
        body();
        return 0;
    } catch (...) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
}

} // namespace

/// The friend through which the C callbacks reach the session.
struct SessionCallbacks {
    static ApnsSession& owner(void* user) { return *static_cast<ApnsSession*>(user); }

    static ApnsSession::Stream* stream(nghttp2_session* session, std::int32_t id) {
        return static_cast<ApnsSession::Stream*>(nghttp2_session_get_stream_user_data(session, id));
    }

    static int on_header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                         std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                         std::uint8_t /*flags*/, void* /*user*/) {
        auto* const target = stream(session, frame->hd.stream_id);
        if (target == nullptr || frame->hd.type != NGHTTP2_HEADERS) return 0;
        return guarded([&] {
            const auto key = text(name, name_size);
            const auto content = text(value, value_size).substr(0, longest_header_value);
            if (key == ":status") {
                std::from_chars(content.data(), content.data() + content.size(), target->status);
                if (target->status >= 200) target->answer.status = target->status;
            } else if (target->answer.status == 0) {
                return; // belongs to a 1xx answer
            } else if (key == "apns-id") {
                target->answer.apns_id = content;
            } else if (key == "retry-after") {
                target->answer.retry_after = content;
            }
        });
    }

    static int on_data(nghttp2_session* session, std::uint8_t /*flags*/, std::int32_t id,
                       const std::uint8_t* bytes, std::size_t size, void* user) {
        auto* const target = stream(session, id);
        if (target == nullptr) return 0;
        auto& self = owner(user);
        return guarded([&] {
            auto& body = target->answer.body;
            body.append(
                text(bytes, std::min(size, self.limits_.body - std::min(self.limits_.body, body.size()))));
            target->body_received += size;
            if (target->body_received < self.limits_.body_flood || target->delivery == nullptr) return;
            self.finish(*target, target->answer.status != 0 ? Fate::answered : Fate::lost);
            nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
        });
    }

    static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
        auto& self = owner(user);
        return guarded([&] {
            switch (frame->hd.type) {
            case NGHTTP2_SETTINGS:
                if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) self.settings_received_ = true;
                break;
            case NGHTTP2_PING:
                if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) self.ping_sent_.reset();
                break;
            case NGHTTP2_GOAWAY:
                self.goaway_ =
                    Goaway{frame->goaway.error_code,
                           goaway_reason(text(frame->goaway.opaque_data, frame->goaway.opaque_data_len))};
                break;
            case NGHTTP2_HEADERS:
            case NGHTTP2_DATA:
                if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) break;
                if (auto* target = stream(session, frame->hd.stream_id);
                    target != nullptr && target->answer.status != 0)
                    self.finish(*target, Fate::answered);
                break;
            default:
                break;
            }
        });
    }

    /// nghttp2 itself closes the streams above a GOAWAY's last id, as REFUSED_STREAM.
    static int on_close(nghttp2_session* session, std::int32_t id, std::uint32_t error_code, void* user) {
        auto* const target = stream(session, id);
        if (target == nullptr) return 0;
        auto& self = owner(user);
        return guarded([&] {
            self.finish(*target, error_code == NGHTTP2_REFUSED_STREAM ? Fate::refused : Fate::lost);
            self.release(*target);
        });
    }

    /// A request that was queued when the session began to drain never leaves.
    static int on_not_sent(nghttp2_session* session, const nghttp2_frame* frame, int /*error*/, void* user) {
        if (frame->hd.type != NGHTTP2_HEADERS) return 0;
        auto* const target = stream(session, frame->hd.stream_id);
        if (target == nullptr) return 0;
        return guarded([&] { owner(user).finish(*target, Fate::refused); });
    }
};

void check_nghttp2(int result) {
    if (result >= 0) return;
    if (result == NGHTTP2_ERR_NOMEM) throw std::bad_alloc{};
    throw Error{Errc::internal, std::string{"HTTP/2: "} + nghttp2_strerror(result)};
}

std::unique_ptr<ApnsSession::Nghttp2> open_client_session(ApnsSession& owner) {
    nghttp2_session_callbacks* made = nullptr;
    check_nghttp2(nghttp2_session_callbacks_new(&made));
    const std::unique_ptr<nghttp2_session_callbacks, decltype(&nghttp2_session_callbacks_del)> callbacks{
        made, &nghttp2_session_callbacks_del};
    nghttp2_session_callbacks_set_on_header_callback(made, &SessionCallbacks::on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, &SessionCallbacks::on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, &SessionCallbacks::on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, &SessionCallbacks::on_close);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(made, &SessionCallbacks::on_not_sent);
    nghttp2_option* option_made = nullptr;
    check_nghttp2(nghttp2_option_new(&option_made));
    const std::unique_ptr<nghttp2_option, decltype(&nghttp2_option_del)> option{option_made,
                                                                                &nghttp2_option_del};
    nghttp2_option_set_no_closed_streams(option_made, 1); // only keeps priorities of closed streams: memory
    auto handle = std::make_unique<ApnsSession::Nghttp2>();
    check_nghttp2(nghttp2_session_client_new2(&handle->session, made, &owner, option_made));
    return handle;
}

void write_payload(std::string& payload, const PushMagic& magic) {
    static constexpr char hex[] = "0123456789abcdef";
    payload = R"({"mdm":")";
    for (const char c : magic.str()) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            payload += '\\';
            payload += c;
        } else if (byte < ' ') {
            payload.append("\\u00").append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
        } else {
            payload += c;
        }
    }
    payload += "\"}";
}

ssize_t read_payload(nghttp2_session* /*session*/, std::int32_t /*stream_id*/, std::uint8_t* buffer,
                     std::size_t length, std::uint32_t* flags, nghttp2_data_source* source, void* /*user*/) {
    auto& stream = *static_cast<ApnsSession::Stream*>(source->ptr);
    const auto size = std::min(length, stream.payload.size() - stream.payload_sent);
    std::memcpy(buffer, stream.payload.data() + stream.payload_sent, size);
    stream.payload_sent += size;
    if (stream.payload_sent == stream.payload.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
}

} // namespace nanomdm::push
