// The life of a request on its connection. Every co_await takes named objects: see run_blocking.hpp.
#include "http/session.hpp"

#include "http/access_log.hpp"
#include "http/bell.hpp"
#include "http/dispatch.hpp"
#include "http/listener.hpp"
#include "http/response_head.hpp"
#include "http/router.hpp"
#include "http/run_blocking.hpp"
#include "http/trace_id.hpp"
#include "log/log.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <array>

namespace nanomdm::http {
namespace {

using namespace std::chrono_literals;

/// A refused request's body up to this size is read and dropped, which is cheaper than a new connection.
constexpr std::uint64_t max_discarded = 256 * 1024;
/// How long a client may go on sending what nobody reads before it has to have seen the answer.
constexpr auto linger_step = 2s;
constexpr auto linger_total = 30s;

/// Came before the door was closed, or had a handshake to finish: what it wants is on its way.
constexpr auto idle_while_draining = 1s;

bool is_line_end(char c) noexcept { return c == '\r' || c == '\n'; }

} // namespace

Session::Session(ServerContext& server, IoThread& thread, Socket socket, const TlsContext* tls,
                 const Router& router)
    : server_{server}, thread_{thread}, transport_{std::move(socket), tls}, router_{router},
      place_{thread.enter(*this)}, counted_{&router.unmatched()} {
    error_code ignored;
    const auto remote = transport_.socket().remote_endpoint(ignored);
    peer_ = host_text(remote.data(), static_cast<unsigned>(remote.size()));
}

Session::~Session() { thread_.leave(place_, idle_); }

void Session::expire() noexcept {
    expired_ = true;
    deadline_ = Clock::time_point::max();
    error_code ignored;
    transport_.socket().cancel(ignored);
    if (bell_) bell_->ring();
}

void Session::hasten(Clock::time_point latest) noexcept { deadline_ = std::min(deadline_, latest); }

void Session::close() noexcept {
    expired_ = true;
    transport_.close();
    if (bell_) bell_->ring();
}

void Session::allow(Clock::duration time) noexcept {
    deadline_ = Clock::now() + time;
    expired_ = !transport_.socket().is_open();
}

void Session::allow_any_time() noexcept { deadline_ = Clock::time_point::max(); }

Awaitable<void> Session::run() {
    bool again = true;
    if (transport_.has_tls()) again = co_await secure();
    while (again) { // g++ 12 compiles a co_await in the loop's condition into a trap
        again = co_await serve_one();
        first_ = false;
    }
}

Awaitable<void> Session::turn_away() {
    if (transport_.has_tls()) co_return; // a handshake just to say so is what a full server cannot afford
    const auto response = overloaded();
    auto head = response_head(response, false, false);
    if (co_await send(std::move(head), response.body)) {
        transport_.finish_sending();
        auto& scratch = thread_.scratch();
        (void)transport_.read(scratch.data(), scratch.size()); // unread bytes would reset the answer
    }
}

/// The TLS handshake, within the time for a header. A connection that has sent nothing yet counts as idle.
Awaitable<bool> Session::secure() {
    const auto longest = server_.options.limits.header_time;
    if (!co_await wait_idle(longest)) co_return false;
    allow(longest);
    Step step = transport_.handshake();
    while (step == Step::wait_read || step == Step::wait_write) {
        if (!co_await ready(step)) break;
        step = transport_.handshake();
    }
    if (step == Step::done) {
        client_certificate_ = transport_.client_certificate();
        co_return true;
    }
    const auto failure = expired_ ? std::string{"timed out"} : transport_.failure();
    log::write(failure.empty() ? log::Level::debug : log::Level::info, "TLS handshake failed",
               {{"err", failure}, {"remote", peer_}});
    if (transport_.fall_back_to_plain_http()) {
        const auto response = error_response(400);
        auto head = response_head(response, false, false);
        if (!co_await send(std::move(head), response.body)) co_return false;
    }
    if (step == Step::over) co_await linger();
    co_return false;
}

/// @return whether another request may follow.
Awaitable<bool> Session::serve_one() {
    if (!co_await wait_for_request()) {
        transport_.finish_sending();
        co_return false;
    }
    const auto started = Clock::now();
    const auto& limits = server_.options.limits;

    BodyShare share{server_.bodies}; // given back when the request is gone
    RequestParser parser{limits.header_bytes};
    HttpRequest& request = parser.request();
    request.trace_id = make_trace_id();
    request.client_certificate = client_certificate_;
    counted_ = &router_.unmatched();
    allow(limits.header_time);
    const Arrival header = co_await read_while(parser, RequestParser::State::header, share);
    if (header == Arrival::closed) co_return false;
    request.remote = server_.options.trusted_proxies.client_of(peer_, request.headers);
    request.peer = peer_;

    Outcome outcome;
    if (header == Arrival::no_room)
        outcome = {overloaded(), true};
    else if (header == Arrival::expired)
        outcome = {error_response(408), true};
    else if (parser.state() == RequestParser::State::failed)
        outcome = {error_response(parser.failure()), true};
    else
        outcome = co_await answer(parser, share);
    if (outcome.streamed) {
        const auto& [status, bytes, whole] = *outcome.streamed;
        const auto took = Clock::now() - started;
        counted_->count(status, took);
        if (server_.options.access_log) log_access(request, status, bytes, took);
        if (!whole) transport_.close(); // it must not look whole
        if (whole && outcome.close) co_await linger();
        co_return !outcome.close;
    }
    if (!outcome.response) co_return false;
    HttpResponse& response = *outcome.response;

    const bool complete = parser.state() == RequestParser::State::complete;
    const bool stay = complete && !outcome.close && may_stay_after(parser);
    const bool with_body = request.method != "HEAD" && may_have_body(response.status);
    const unsigned status = response.status;
    auto head = response_head(response, stay, complete && parser.is_http_10());
    auto body = with_body ? std::move(response.body) : std::string{};
    const std::size_t bytes = body.size();
    const bool sent = co_await send(std::move(head), std::move(body));
    const auto took = Clock::now() - started;
    counted_->count(status, took);
    if (server_.options.access_log) log_access(request, status, bytes, took);
    if (!sent) co_return false;
    if (!stay) co_await linger();
    co_return stay;
}

/// What the client has sent already is still answered while draining.
bool Session::may_stay_after(const RequestParser& parser) const {
    return parser.keep_alive() && (!server_.draining.load(std::memory_order_relaxed) || !input_.empty());
}

/// Waits as an idle connection for a first byte.
Awaitable<bool> Session::wait_for_request() {
    if (!input_.empty()) co_return true;
    const auto& limits = server_.options.limits;
    input_ = std::string{}; // an idle connection holds no memory
    const bool readable = co_await wait_idle(first_ ? limits.header_time : limits.idle_time);
    co_return readable;
}

/// Idle connections are the first to go when there is no room, or when the server ends.
Awaitable<bool> Session::wait_idle(Clock::duration longest) {
    allow(longest);
    if (server_.draining.load(std::memory_order_relaxed)) hasten(Clock::now() + idle_while_draining);
    thread_.mark_idle(place_);
    idle_ = true;
    const bool readable = co_await ready(Step::wait_read);
    thread_.mark_busy(place_);
    idle_ = false;
    co_return readable;
}

/// Feeds the parser until it leaves the state. @return data once it has.
Awaitable<Session::Arrival> Session::read_while(RequestParser& parser, RequestParser::State state,
                                                BodyShare& share) {
    for (;;) {
        if (state == RequestParser::State::header && !parser.has_target()) {
            // RFC 9112 section 2.2: empty lines before a request are skipped.
            input_.erase(0,
                         static_cast<std::size_t>(
                             std::find_if_not(input_.begin(), input_.end(), is_line_end) - input_.begin()));
        }
        input_.erase(0, parser.feed(input_));
        if (!share.cover(parser.request().body.capacity())) co_return Arrival::no_room;
        if (parser.state() != state) co_return Arrival::data;
        const Arrival arrival = co_await receive();
        if (arrival != Arrival::data) co_return arrival;
    }
}

/// Everything between the header's end and the answer.
Awaitable<Session::Outcome> Session::answer(RequestParser& parser, BodyShare& share) {
    HttpRequest& request = parser.request();
    const auto& limits = server_.options.limits;
    const auto match = router_.match(request.method, request.path);
    counted_ = match.statistics;
    auto refused = refusal(router_, match, request);
    const auto expectation = request.headers.get("Expect");
    const bool expects_continue =
        expectation && !parser.is_http_10() && equal_ignoring_case(*expectation, "100-continue");
    if (!refused && expectation && !parser.is_http_10() && !expects_continue) refused = error_response(417);
    const bool streams_body = !refused && match.route->streams_body;
    if (!refused && !streams_body && parser.content_length().value_or(0) > limits.body_bytes)
        refused = error_response(413);

    if (parser.state() == RequestParser::State::body && !streams_body) {
        if (refused) {
            Outcome unread = co_await refuse_unread(parser, share, std::move(*refused));
            co_return unread;
        }
        if (parser.is_chunked()) parser.limit_body(limits.body_bytes);
        allow(limits.body_time);
        if (expects_continue && input_.empty()) {
            std::string interim{"HTTP/1.1 100 Continue\r\n\r\n"};
            std::string nothing;
            const bool told = co_await send(std::move(interim), std::move(nothing));
            if (!told) co_return gone();
            allow(limits.body_time);
        }
        const Arrival body = co_await read_while(parser, RequestParser::State::body, share);
        if (body == Arrival::closed) co_return gone();
        if (body == Arrival::no_room) co_return Outcome{overloaded(), true};
        if (body == Arrival::expired) co_return Outcome{error_response(408), true};
        if (parser.state() == RequestParser::State::failed)
            co_return Outcome{error_response(parser.failure()), true};
    }
    if (refused) co_return Outcome{std::move(*refused), false};
    if (match.route->stream) {
        Outcome streamed = co_await stream(parser, share, *match.route, expects_continue);
        co_return streamed;
    }
    Outcome outcome;
    outcome.response = co_await dispatch(*match.route, request);
    co_return outcome;
}

/// Keeps the connection when the body is small enough to be read past; a client that waits for leave to send
/// its body gets the answer instead.
Awaitable<Session::Outcome> Session::refuse_unread(RequestParser& parser, BodyShare& share,
                                                   HttpResponse response) {
    const bool small = parser.is_chunked() || parser.content_length().value_or(0) <= max_discarded;
    if (!small || parser.request().headers.get("Expect")) co_return Outcome{std::move(response), true};
    if (parser.is_chunked()) parser.limit_body(max_discarded);
    allow(server_.options.limits.body_time);
    const Arrival body = co_await read_while(parser, RequestParser::State::body, share);
    if (body == Arrival::closed) co_return gone();
    co_return Outcome{std::move(response), parser.state() != RequestParser::State::complete};
}

Awaitable<HttpResponse> Session::dispatch(const Route& route, HttpRequest& request) {
    allow_any_time();
    const Lane lane = lane_of(route, request);
    if (lane == Lane::io) co_return respond(route, request);
    WorkerPool& pool = lane == Lane::upstream ? server_.upstream : server_.workers;
    HttpResponse response;
    auto job = [&route, &request, &response] { response = respond(route, request); };
    const bool ran = co_await run_blocking(pool, job);
    if (!ran) co_return overloaded();
    co_return response;
}

/// @return false when the client has gone or takes nothing for too long.
Awaitable<bool> Session::send(std::string head, std::string body) {
    std::array<asio::const_buffer, 2> rest{asio::buffer(head), asio::buffer(body)};
    while (asio::buffer_size(rest) != 0) {
        const Moved moved = transport_.write(rest);
        if (moved.step == Step::over) co_return false;
        if (moved.step != Step::done) {
            allow(server_.options.limits.write_time);
            if (!co_await ready(moved.step)) co_return false;
            continue;
        }
        std::size_t sent = moved.bytes;
        for (auto& buffer : rest) {
            const std::size_t part = std::min(sent, buffer.size());
            buffer += part;
            sent -= part;
        }
    }
    co_return true;
}

/// Closing with bytes unread resets the connection, and the client may lose the answer with it. So: say that
/// nothing more comes, and read until the client is done, for a while.
Awaitable<void> Session::linger() {
    transport_.finish_sending();
    const auto end = Clock::now() + linger_total;
    while (Clock::now() < end) {
        allow(linger_step);
        input_.clear();
        if (co_await receive() != Arrival::data) break;
    }
}

Awaitable<Session::Arrival> Session::receive() {
    for (;;) {
        auto& scratch = thread_.scratch();
        const Moved moved = transport_.read(scratch.data(), scratch.size());
        if (moved.bytes > 0) {
            input_.append(scratch.data(), moved.bytes);
            co_return Arrival::data;
        }
        if (moved.step == Step::over) co_return Arrival::closed;
        if (!co_await ready(moved.step)) co_return expired_ ? Arrival::expired : Arrival::closed;
    }
}

/// @return false when the deadline passed or the socket failed.
Awaitable<bool> Session::ready(Step wait) {
    if (expired_) co_return false;
    error_code error;
    auto token = asio::redirect_error(use_awaitable, error);
    co_await transport_.socket().async_wait(wait == Step::wait_write ? Socket::wait_write : Socket::wait_read,
                                            token);
    co_return !error; // what arrived together with the deadline counts
}

} // namespace nanomdm::http
