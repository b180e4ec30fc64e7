// Collects requests and feeds answers' bodies.
#include "support/fake_apns/server_callbacks.hpp"

#include "support/fake_apns/server_session.hpp"

#include <algorithm>
#include <cstring>

namespace nanomdm::fake_apns {
namespace {

std::string text(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

nghttp2_nv field(const std::pair<std::string, std::string>& from) {
    return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(from.first.data())),
            reinterpret_cast<std::uint8_t*>(const_cast<char*>(from.second.data())), from.first.size(),
            from.second.size(), NGHTTP2_NV_FLAG_NONE};
}

std::vector<nghttp2_nv> to_nghttp2(const Fields& fields) {
    std::vector<nghttp2_nv> result;
    for (const auto& each : fields) result.push_back(field(each));
    return result;
}

} // namespace

struct ServerCallbacks {
    static ServerSession& owner(void* user) { return *static_cast<ServerSession*>(user); }

    static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        if (frame->hd.type == NGHTTP2_HEADERS) owner(user).requests_[frame->hd.stream_id];
        return 0;
    }

    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                         std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                         std::uint8_t, void* user) {
        auto& notification = owner(user).requests_[frame->hd.stream_id].notification;
        const auto key = text(name, name_size);
        ++notification.header_count;
        const auto take = [&](const char* wanted, std::string& into) {
            if (key == wanted) into = text(value, value_size);
        };
        take(":method", notification.method);
        take(":path", notification.path);
        take(":authority", notification.authority);
        take("apns-topic", notification.topic);
        take("apns-push-type", notification.push_type);
        take("apns-priority", notification.priority);
        take("apns-expiration", notification.expiration);
        return 0;
    }

    static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes,
                       std::size_t size, void* user) {
        owner(user).requests_[stream].notification.payload += text(bytes, size);
        return 0;
    }

    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        auto& self = owner(user);
        if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0)
            self.state_.note([](Seen& seen) { ++seen.pings; });
        if (frame->hd.type == NGHTTP2_RST_STREAM) self.state_.note([](Seen& seen) { ++seen.resets; });
        const bool carries_request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
        if (carries_request && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
            self.received(frame->hd.stream_id);
        return 0;
    }

    static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t, void* user) {
        owner(user).requests_.erase(stream);
        return 0;
    }

    static ssize_t read_body(nghttp2_session* http2, std::int32_t stream, std::uint8_t* buffer,
                             std::size_t length, std::uint32_t* flags, nghttp2_data_source*, void* user) {
        auto& request = owner(user).requests_[stream];
        const auto size = std::min(length, request.body.size() - request.body_sent);
        std::memcpy(buffer, request.body.data() + request.body_sent, size);
        request.body_sent += size;
        if (request.body_sent == request.body.size()) {
            *flags |= NGHTTP2_DATA_FLAG_EOF;
            if (request.trailers) {
                *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
                const Fields trailers{{"apns-unique-id", "trailing"}};
                const auto fields = to_nghttp2(trailers);
                nghttp2_submit_trailer(http2, stream, fields.data(), fields.size());
            }
        }
        return static_cast<ssize_t>(size);
    }
};

nghttp2_session* open_server_session(ServerSession& owner) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &ServerCallbacks::on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &ServerCallbacks::on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &ServerCallbacks::on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &ServerCallbacks::on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &ServerCallbacks::on_close);
    nghttp2_session* http2 = nullptr;
    nghttp2_session_server_new(&http2, callbacks, &owner);
    nghttp2_session_callbacks_del(callbacks);
    return http2;
}

void submit_header(nghttp2_session* http2, std::int32_t stream, const Fields& fields) {
    const auto block = to_nghttp2(fields);
    nghttp2_submit_headers(http2, NGHTTP2_FLAG_NONE, stream, nullptr, block.data(), block.size(), nullptr);
}

void submit_answer(nghttp2_session* http2, std::int32_t stream, const Fields& fields, bool with_body) {
    const auto block = to_nghttp2(fields);
    nghttp2_data_provider body{};
    body.read_callback = &ServerCallbacks::read_body;
    nghttp2_submit_response(http2, stream, block.data(), block.size(), with_body ? &body : nullptr);
}

} // namespace nanomdm::fake_apns
