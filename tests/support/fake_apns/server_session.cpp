// Bytes in and out of one connection, and the answers it gives; nghttp2's callbacks are in
// server_callbacks.cpp.
#include "support/fake_apns/server_session.hpp"

#include "support/fake_apns/server_callbacks.hpp"

#include <boost/asio/write.hpp>
#include <nlohmann/json.hpp>
#include <openssl/bn.h>
#include <openssl/x509.h>

#include <random>

namespace nanomdm::fake_apns {
namespace {

namespace asio = boost::asio;

std::string subject_uid(X509* certificate) {
    std::array<char, 256> text{};
    const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_userId, text.data(),
                                               static_cast<int>(text.size()));
    return size > 0 ? std::string{text.data(), static_cast<std::size_t>(size)} : std::string{};
}

std::string serial_number(X509* certificate) {
    BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
    char* hex = BN_bn2hex(number);
    std::string result{hex};
    OPENSSL_free(hex);
    BN_free(number);
    return result;
}

/// A random UUID, as APNs' apns-id.
std::string fresh_apns_id() {
    static thread_local std::mt19937_64 random{std::random_device{}()};
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string id = "00000000-0000-4000-8000-000000000000";
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < id.size(); ++i) {
        if (i % 16 == 0) bits = random();
        if (id[i] == '0') id[i] = digits[bits & 15];
        bits >>= 4;
    }
    return id;
}

std::string body_of(const Reply& reply) {
    if (reply.body) return *reply.body;
    if (reply.reason.empty()) return {};
    nlohmann::ordered_json object{{"reason", reply.reason}};
    if (reply.timestamp) object["timestamp"] = *reply.timestamp;
    return object.dump();
}

} // namespace

ServerSession::ServerSession(ServerState& state, asio::ip::tcp::socket socket,
                             std::shared_ptr<asio::ssl::context> tls, std::size_t number)
    : state_{state}, tls_{std::move(tls)}, stream_{std::move(socket), *tls_}, number_{number} {}

ServerSession::~ServerSession() { nghttp2_session_del(http2_); }

void ServerSession::start() {
    stream_.next_layer().set_option(asio::ip::tcp::no_delay{true});
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [self = shared_from_this()](const boost::system::error_code& failed) {
                                if (failed || self->closed_) return self->close();
                                self->open_http2();
                            });
}

void ServerSession::open_http2() {
    if (X509* certificate = SSL_get_peer_certificate(stream_.native_handle())) {
        client_uid_ = subject_uid(certificate);
        client_serial_ = serial_number(certificate);
        X509_free(certificate);
    }
    http2_ = open_server_session(*this);
    state_.note([](Seen& seen) { ++seen.sessions, ++seen.open; });
    announce_max_streams();
    nghttp2_session_set_local_window_size(http2_, NGHTTP2_FLAG_NONE, 0, 1 << 24);
    if (state_.reception == Reception::goaway) goaway(R"({"reason":"Shutdown"})", false);
    flush();
    read();
}

void ServerSession::read() {
    stream_.async_read_some(
        asio::buffer(in_),
        [self = shared_from_this()](const boost::system::error_code& failed, std::size_t size) {
            if (failed || self->closed_) return self->close();
            if (self->silent_) return; // reads no more, so that the client's bytes stay unanswered
            const auto taken = nghttp2_session_mem_recv(
                self->http2_, reinterpret_cast<const std::uint8_t*>(self->in_.data()), size);
            if (taken < 0) return self->close();
            self->flush();
            self->read();
        });
}

void ServerSession::flush() {
    if (writing_ || closed_ || silent_ || http2_ == nullptr) return;
    constexpr std::size_t write_size = 64 * 1024;
    while (out_.size() < write_size) {
        const std::uint8_t* chunk = nullptr;
        const auto size = nghttp2_session_mem_send(http2_, &chunk);
        if (size <= 0) break;
        out_.append(reinterpret_cast<const char*>(chunk), static_cast<std::size_t>(size));
    }
    if (out_.empty()) {
        if (nghttp2_session_want_read(http2_) == 0 && nghttp2_session_want_write(http2_) == 0) close();
        return;
    }
    writing_ = true;
    asio::async_write(stream_, asio::buffer(out_),
                      [self = shared_from_this()](const boost::system::error_code& failed, std::size_t) {
                          self->writing_ = false;
                          self->out_.clear();
                          if (failed) return self->close();
                          self->flush();
                      });
}

void ServerSession::received(std::int32_t stream) {
    auto& request = requests_[stream];
    auto& notification = request.notification;
    notification.client_uid = client_uid_;
    notification.client_serial = client_serial_;
    notification.connection = number_;
    notification.token = notification.path.substr(notification.path.rfind('/') + 1);
    if (state_.options.on_notification) state_.options.on_notification(notification);
    {
        const std::lock_guard lock{state_.mutex};
        ++state_.seen.notifications;
        state_.seen.peak_streams = std::max(state_.seen.peak_streams, requests_.size());
        if (state_.options.record) state_.notifications.push_back(notification);
        state_.changed.notify_all();
    }
    state_.answer_later(shared_from_this(), stream, state_.reply_for(notification.token));
}

void ServerSession::answer(std::int32_t stream, const Reply& reply) {
    const auto found = requests_.find(stream);
    if (closed_ || silent_ || reply.never || found == requests_.end()) return;
    if (reply.cut) return close();
    if (reply.reset) {
        nghttp2_submit_rst_stream(http2_, NGHTTP2_FLAG_NONE, stream, *reply.reset);
        return;
    }
    if (reply.early_hints) submit_header(http2_, stream, {{":status", "103"}, {"apns-id", "not-this-one"}});
    Fields fields{{":status", std::to_string(reply.status)}};
    if (reply.apns_id) fields.emplace_back("apns-id", fresh_apns_id());
    if (!reply.retry_after.empty()) fields.emplace_back("retry-after", reply.retry_after);
    found->second.body = body_of(reply);
    found->second.trailers = reply.trailers;
    submit_answer(http2_, stream, fields, !found->second.body.empty() || reply.trailers);
}

void ServerSession::announce_max_streams() {
    if (http2_ == nullptr) return;
    const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, state_.options.max_streams};
    nghttp2_submit_settings(http2_, NGHTTP2_FLAG_NONE, &entry, 1);
}

void ServerSession::goaway(const std::string& debug_data, bool keep_received) {
    if (http2_ == nullptr) return;
    const std::int32_t last = keep_received ? nghttp2_session_get_last_proc_stream_id(http2_) : 0;
    nghttp2_submit_goaway(http2_, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR,
                          reinterpret_cast<const std::uint8_t*>(debug_data.data()), debug_data.size());
    flush();
}

void ServerSession::fall_silent() { silent_ = true; }

void ServerSession::close() {
    if (closed_) return;
    closed_ = true;
    boost::system::error_code ignored;
    stream_.next_layer().close(ignored);
    if (http2_ != nullptr) state_.note([](Seen& seen) { --seen.open; });
    state_.sessions.erase(shared_from_this());
}

} // namespace nanomdm::fake_apns
