// A session while an answer streams: both directions at once, and neither waits for the other.
#include "http/session.hpp"

#include "http/bell.hpp"
#include "http/dispatch.hpp"
#include "http/response_head.hpp"
#include "http/router.hpp"
#include "http/run_blocking.hpp"
#include "http/stream_writer.hpp"

#include <boost/asio/buffer.hpp>

#include <sys/socket.h>

namespace nanomdm::http {
namespace {

/// What is read ahead of its use: of the body, or of the next request. More waits in the kernel.
constexpr std::size_t read_ahead = 64 * 1024;

} // namespace

/// Ends the exchange for the answerer however the coroutine ends.
class Session::StreamScope {
public:
    StreamScope(Session& session, Executor executor) : session_{session} {
        session_.bell_ = std::make_shared<Bell>(std::move(executor));
        stream_ = std::make_shared<Stream>(session_.bell_->remote());
    }
    ~StreamScope() {
        stream_->abandon();
        session_.bell_.reset();
        error_code ignored;
        session_.transport_.socket().cancel(ignored); // what the bell still watches
    }
    StreamScope(const StreamScope&) = delete;
    StreamScope& operator=(const StreamScope&) = delete;

    [[nodiscard]] const std::shared_ptr<Stream>& stream() const noexcept { return stream_; }

private:
    Session& session_;
    std::shared_ptr<Stream> stream_;
};

Awaitable<Session::Outcome> Session::stream(RequestParser& parser, BodyShare& share, const Route& route,
                                            bool expects_continue) {
    HttpRequest& request = parser.request();
    const StreamScope scope{*this, transport_.socket().get_executor()};
    allow_any_time();
    std::optional<HttpResponse> refused;
    auto job = [&] { refused = begin_stream(route, request, scope.stream()); };
    if (!co_await run_blocking(server_.workers, job)) refused = overloaded();
    if (refused && parser.state() == RequestParser::State::body) {
        Outcome unread = co_await refuse_unread(parser, share, std::move(*refused));
        co_return unread;
    }
    if (refused) co_return Outcome{std::move(*refused), false};

    Stream& exchange = *scope.stream();
    if (parser.state() == RequestParser::State::complete) {
        exchange.offer(request.body);
        exchange.end_body();
    }
    StreamWriter writer{exchange, request.method == "HEAD", parser.is_http_10()};
    const Relayed relayed = co_await relay(parser, exchange, writer, expects_continue);
    Outcome outcome;
    outcome.close = true;
    if (!writer.has_begun()) {
        const unsigned status = relayed == Relayed::all         ? writer.failure()
                                : relayed == Relayed::stalled   ? 408
                                : relayed == Relayed::malformed ? parser.failure()
                                                                : 0;
        if (status != 0) outcome.response = error_response(status);
        outcome.close = relayed != Relayed::all;
        co_return outcome;
    }
    const bool whole = relayed == Relayed::all && writer.is_whole();
    if (!whole && writer.ends_with_connection()) {
        const struct ::linger reset { .l_onoff = 1, .l_linger = 0 };
        ::setsockopt(transport_.socket().native_handle(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    outcome.streamed = Streamed{writer.status(), writer.body_bytes(), whole};
    // The head was written long ago perhaps: a drain that began since does not wait for the next request.
    outcome.close = !whole || !writer.stays() || !may_stay_after(parser);
    co_return outcome;
}

/// Until the answer is over or the client can go on no more.
Awaitable<Session::Relayed> Session::relay(RequestParser& parser, Stream& exchange, StreamWriter& writer,
                                           bool expects_continue) {
    for (;;) {
        bool moved = false;
        if (writer.is_empty()) {
            if (writer.is_over()) co_return Relayed::all;
            writer.fill(parser.state() == RequestParser::State::complete && may_stay_after(parser));
            if (writer.is_empty() && writer.is_over()) co_return Relayed::all;
        }
        if (expects_continue && exchange.wants_body()) {
            if (writer.is_empty() && !writer.has_begun() && input_.empty()) writer.invite_body();
            expects_continue = false;
        }
        if (!writer.is_empty()) {
            const Arrival sent = push(writer);
            if (sent == Arrival::closed) co_return Relayed::gone;
            moved |= sent == Arrival::data;
        }
        if (parser.state() == RequestParser::State::body && exchange.wants_body()) {
            moved |= pass_body(parser, exchange);
            if (parser.state() == RequestParser::State::failed) co_return Relayed::malformed;
        }
        if (input_.size() < read_ahead) {
            const Arrival received = pull();
            if (received == Arrival::closed) co_return Relayed::gone;
            moved |= received == Arrival::data;
        }
        if (moved) {
            allow_any_time(); // each step begins anew
            co_await bell_->yield();
            if (expired_) co_return Relayed::stalled;
            continue;
        }
        const bool client_is_due =
            !writer.is_empty() || (parser.state() == RequestParser::State::body && exchange.wants_body());
        if (client_is_due)
            allow(server_.options.limits.write_time);
        else
            allow_any_time();
        if (!expired_) co_await bell_->wait();
        if (expired_) co_return Relayed::stalled;
    }
}

/// Parses what has been received of the body and hands it on. @return whether there was any.
bool Session::pass_body(RequestParser& parser, Stream& exchange) {
    const std::size_t used = parser.feed(input_);
    input_.erase(0, used);
    exchange.offer(parser.request().body);
    if (parser.state() == RequestParser::State::complete) exchange.end_body();
    return used > 0;
}

/// Sends without waiting. @return no_room when the client takes nothing now.
Session::Arrival Session::push(StreamWriter& writer) {
    const auto [prefix, piece] = writer.pending();
    const std::array<asio::const_buffer, 2> bytes{asio::buffer(prefix), asio::buffer(piece)};
    const Moved moved = transport_.write(bytes);
    writer.sent(moved.bytes);
    return moved_or_watched(moved);
}

/// Receives without waiting. A client that sends its end counts as gone, as with other proxies: there is no
/// other sign of one that gave up. @return no_room when nothing has come.
Session::Arrival Session::pull() {
    auto& scratch = thread_.scratch();
    const Moved moved = transport_.read(scratch.data(), scratch.size());
    input_.append(scratch.data(), moved.bytes);
    return moved_or_watched(moved);
}

Session::Arrival Session::moved_or_watched(const Moved& moved) {
    if (moved.step == Step::over) return Arrival::closed;
    if (moved.step == Step::done) return Arrival::data;
    bell_->watch(transport_.socket(),
                 moved.step == Step::wait_write ? Socket::wait_write : Socket::wait_read);
    return Arrival::no_room;
}

} // namespace nanomdm::http
