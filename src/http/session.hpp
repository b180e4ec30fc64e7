// One connection: reads a request, has it answered, writes the answer, and again.
#pragma once

#include "http/asio_types.hpp"
#include "http/body_budget.hpp"
#include "http/io_thread.hpp"
#include "http/message.hpp"
#include "http/request_parser.hpp"
#include "http/server.hpp"
#include "http/transport.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace nanomdm::http {

class Bell;
class Router;
class Stream;
class StreamWriter;
class WorkerPool;
struct RequestStatistics;
struct Route;

/// What the sessions of a server share.
struct ServerContext {
    ServerOptions options; ///< does not change once the server has started
    const std::size_t connection_limit;
    WorkerPool& workers;
    WorkerPool& upstream;
    std::atomic<bool> draining = false;
    std::atomic<std::size_t> connections = 0;
    BodyBudget bodies{options.limits.bodies_bytes};
};

/// Lives inside its coroutine, on one I/O thread.
class Session {
public:
    /// @param tls null: the connection is in the clear
    Session(ServerContext& server, IoThread& thread, Socket socket, const TlsContext* tls,
            const Router& router);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Serves until the connection ends.
    Awaitable<void> run();
    /// Answers 503 and ends: the server is full.
    Awaitable<void> turn_away();

    [[nodiscard]] Clock::time_point deadline() const noexcept { return deadline_; }
    [[nodiscard]] bool expired() const noexcept { return expired_; }
    /// The deadline has passed: wakes the coroutine out of its wait.
    void expire() noexcept;
    /// Moves the deadline forward, never back.
    void hasten(Clock::time_point latest) noexcept;
    void close() noexcept;

private:
    enum class Arrival { data, closed, expired, no_room };
    /// An answer that has been sent.
    struct Streamed {
        unsigned status = 0;
        std::uint64_t body_bytes = 0;
        bool whole = false;
    };
    /// An answer and what becomes of the connection after it.
    struct Outcome {
        std::optional<HttpResponse> response{}; ///< nullopt: the client has gone, or `streamed`
        bool close = false;
        std::optional<Streamed> streamed{};
    };
    enum class Relayed { all, gone, stalled, malformed };
    class StreamScope;
    static Outcome gone() { return {std::nullopt, true}; }

    Awaitable<bool> secure();
    Awaitable<bool> serve_one();
    Awaitable<bool> wait_for_request();
    Awaitable<bool> wait_idle(Clock::duration longest);
    Awaitable<Arrival> read_while(RequestParser& parser, RequestParser::State state, BodyShare& share);
    Awaitable<Outcome> answer(RequestParser& parser, BodyShare& share);
    Awaitable<Outcome> refuse_unread(RequestParser& parser, BodyShare& share, HttpResponse response);
    Awaitable<HttpResponse> dispatch(const Route& route, HttpRequest& request);
    Awaitable<Outcome> stream(RequestParser& parser, BodyShare& share, const Route& route,
                              bool expects_continue);
    Awaitable<Relayed> relay(RequestParser& parser, Stream& exchange, StreamWriter& writer,
                             bool expects_continue);
    bool pass_body(RequestParser& parser, Stream& exchange);
    Arrival push(StreamWriter& writer);
    Arrival pull();
    Arrival moved_or_watched(const Moved& moved);
    bool may_stay_after(const RequestParser& parser) const;
    Awaitable<bool> send(std::string head, std::string body);
    Awaitable<void> linger();
    Awaitable<Arrival> receive();
    Awaitable<bool> ready(Step wait);

    void allow(Clock::duration time) noexcept;
    void allow_any_time() noexcept;

    ServerContext& server_;
    IoThread& thread_;
    Transport transport_;
    const Router& router_;
    std::string peer_;
    std::shared_ptr<const std::string> client_certificate_;
    std::string input_; ///< received and not yet parsed
    Clock::time_point deadline_ = Clock::time_point::max();
    bool expired_ = false;
    bool idle_ = false;
    bool first_ = true; ///< no request has been answered yet
    IoThread::Sessions::iterator place_;
    std::shared_ptr<Bell> bell_; ///< while an answer streams
    RequestStatistics* counted_; ///< where the request being served is counted
};

} // namespace nanomdm::http
