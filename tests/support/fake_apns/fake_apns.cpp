// The fake APNs' thread, its listener, and the switches tests use.
#include "support/fake_apns/fake_apns.hpp"

#include "support/fake_apns/server_session.hpp"
#include "support/test_ca.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <openssl/ssl.h>

#include <future>
#include <stdexcept>
#include <thread>

namespace nanomdm::fake_apns {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;

tcp::endpoint listen_address(const std::string& text) {
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) throw std::runtime_error{"listen address needs host:port: " + text};
    const auto port = static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1)));
    return {asio::ip::make_address(text.substr(0, colon)), port};
}

test::CertificateRequest server_request() {
    test::CertificateRequest request;
    request.common_name = "Fake APNs";
    request.extended_key_usage = "serverAuth";
    request.dns_names = {"localhost,IP:127.0.0.1"}; // the list's own syntax, X509V3 config
    return request;
}

int choose_http2(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                 unsigned offered_size, void*) {
    static constexpr unsigned char h2[] = {2, 'h', '2'};
    auto* out = const_cast<unsigned char*>(*chosen);
    const int found = SSL_select_next_proto(&out, size, h2, sizeof h2, offered, offered_size);
    *chosen = out;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::shared_ptr<ssl::context> make_context(const test::Identity& identity, Reception reception) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    context->use_certificate_chain(asio::buffer(identity.certificate_pem));
    context->use_private_key(asio::buffer(identity.private_key_pem), ssl::context::pem);
    SSL_CTX* const native = context->native_handle();
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(native, SSL_OP_NO_TICKET);
    if (reception == Reception::old_tls) {
        SSL_CTX_set_cipher_list(native, "ALL:@SECLEVEL=0");
        SSL_CTX_set_min_proto_version(native, TLS1_1_VERSION);
        SSL_CTX_set_max_proto_version(native, TLS1_1_VERSION);
    }
    if (reception == Reception::tls12) SSL_CTX_set_max_proto_version(native, TLS1_2_VERSION);
    if (reception != Reception::no_http2) SSL_CTX_set_alpn_select_cb(native, choose_http2, nullptr);
    context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
    context->set_verify_callback([reception](bool, ssl::verify_context& verifying) {
        if (reception != Reception::certificate_expired && reception != Reception::certificate_revoked)
            return true; // any client certificate: what it says is recorded
        X509_STORE_CTX_set_error(verifying.native_handle(), reception == Reception::certificate_expired
                                                                ? X509_V_ERR_CERT_HAS_EXPIRED
                                                                : X509_V_ERR_CERT_REVOKED);
        return false;
    });
    return context;
}

} // namespace

Reply ServerState::reply_for(const std::string& token) {
    const auto found = replies.find(token);
    if (found == replies.end()) return default_reply;
    auto reply = std::move(found->second.front());
    found->second.pop_front();
    if (found->second.empty()) replies.erase(found);
    return reply;
}

void ServerState::answer_later(std::shared_ptr<ServerSession> session, std::int32_t stream, Reply reply) {
    const auto latency = reply.latency.value_or(options.latency);
    if (latency.count() <= 0) return session->answer(stream, reply); // flushed after the read
    due.push({std::chrono::steady_clock::now() + latency, session, stream, std::move(reply)});
    arm();
}

void ServerState::arm() {
    if (due.empty() || (timer_armed && timer.expiry() <= due.top().at)) return;
    timer_armed = true;
    timer.expires_at(due.top().at);
    timer.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        timer_armed = false;
        answer_due();
        arm();
    });
}

void ServerState::answer_due() {
    std::set<std::shared_ptr<ServerSession>> touched;
    const auto now = std::chrono::steady_clock::now();
    while (!due.empty() && due.top().at <= now) {
        if (auto session = due.top().session.lock()) {
            session->answer(due.top().stream, due.top().reply);
            touched.insert(std::move(session));
        }
        due.pop();
    }
    for (const auto& session : touched) session->flush();
}

struct FakeApns::Impl {
    explicit Impl(Options given) : state{io}, acceptor{io, listen_address(given.listen)} {
        state.options = std::move(given);
        port = acceptor.local_endpoint().port();
        accept();
        thread = std::thread{[this] { io.run(); }};
    }
    ~Impl() {
        io.stop();
        thread.join();
        for (const auto& session : std::set{state.sessions}) session->close();
        quiet_sockets.clear();
    }

    void accept() {
        acceptor.async_accept([this](const boost::system::error_code& failed, tcp::socket socket) {
            if (failed) return;
            std::size_t number = 0;
            state.note([&number](Seen& seen) { number = ++seen.connections; });
            if (state.reception == Reception::mute) {
                quiet_sockets.push_back(std::move(socket));
            } else if (state.reception != Reception::closed) {
                auto session = std::make_shared<ServerSession>(
                    state, std::move(socket), make_context(identity, state.reception), number);
                state.sessions.insert(session);
                session->start();
            }
            accept();
        });
    }

    /// Runs on the server's thread and waits for the end.
    template <class Change> void change(Change body) {
        std::promise<void> done;
        asio::post(io, [&] {
            body();
            done.set_value();
        });
        done.get_future().wait();
    }

    const test::TestCa ca = test::TestCa::make_root("Fake APNs CA");
    const test::Identity identity = ca.issue(server_request());
    asio::io_context io{1};
    ServerState state;
    tcp::acceptor acceptor;
    std::uint16_t port = 0;
    std::vector<tcp::socket> quiet_sockets;
    std::thread thread;
};

FakeApns::FakeApns(Options options) : impl_{std::make_unique<Impl>(std::move(options))} {}
FakeApns::~FakeApns() = default;

std::uint16_t FakeApns::port() const noexcept { return impl_->port; }
std::string FakeApns::url(const std::string& host) const {
    return "https://" + host + ':' + std::to_string(impl_->port);
}
std::string FakeApns::ca_pem() const { return impl_->ca.certificate_pem(); }

PushIdentity FakeApns::push_identity(const std::string& topic) const {
    test::CertificateRequest request;
    request.common_name = "APSP:" + topic;
    request.user_id = topic;
    const auto made = impl_->ca.issue(request);
    return {made.certificate_pem, made.private_key_pem};
}

void FakeApns::reply(const std::string& token_hex, std::vector<Reply> replies) {
    impl_->change([&] { impl_->state.replies[token_hex] = {replies.begin(), replies.end()}; });
}
void FakeApns::reply_to_all(Reply reply) {
    impl_->change([&] { impl_->state.default_reply = std::move(reply); });
}
void FakeApns::set_latency(std::chrono::milliseconds latency) {
    impl_->change([&] { impl_->state.options.latency = latency; });
}
void FakeApns::set_max_streams(std::uint32_t streams) {
    impl_->change([&] {
        impl_->state.options.max_streams = streams;
        for (const auto& session : std::set{impl_->state.sessions}) {
            session->announce_max_streams();
            session->flush();
        }
    });
}
void FakeApns::set_reception(Reception reception) {
    impl_->change([&] { impl_->state.reception = reception; });
}
void FakeApns::fall_silent() {
    impl_->change([&] {
        for (const auto& session : impl_->state.sessions) session->fall_silent();
    });
}
void FakeApns::goaway(const std::string& debug_data, bool keep_received) {
    impl_->change([&] {
        for (const auto& session : std::set{impl_->state.sessions})
            session->goaway(debug_data, keep_received);
    });
}
void FakeApns::cut() {
    impl_->change([&] {
        for (const auto& session : std::set{impl_->state.sessions}) session->close();
    });
}

Seen FakeApns::seen() const {
    const std::lock_guard lock{impl_->state.mutex};
    return impl_->state.seen;
}
void FakeApns::forget_peak() {
    impl_->state.note([](Seen& seen) { seen.peak_streams = 0; });
}
std::vector<Notification> FakeApns::notifications() const {
    const std::lock_guard lock{impl_->state.mutex};
    return impl_->state.notifications;
}
bool FakeApns::wait_until(const std::function<bool(const Seen&)>& condition,
                          std::chrono::milliseconds timeout) const {
    std::unique_lock lock{impl_->state.mutex};
    return impl_->state.changed.wait_for(lock, timeout, [&] { return condition(impl_->state.seen); });
}

} // namespace nanomdm::fake_apns
