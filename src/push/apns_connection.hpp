// One TLS connection to APNs: brings it up, moves bytes between the socket and the session, notices its end.
#pragma once

#include "push/apns_credentials.hpp"
#include "push/apns_session.hpp"
#include "push/endpoint.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace nanomdm::push {

/// Where connections go and how long each step may take.
struct Route {
    Endpoint target;
    std::optional<Proxy> proxy;
    Clock::duration connect_timeout = std::chrono::seconds{10}; ///< from look-up to the peer's SETTINGS
    Clock::duration address_timeout = std::chrono::seconds{3};  ///< one address, when there are several
    SessionLimits limits;
};

/// All members on the I/O thread. Alive while its socket operations are; the pool holds another reference.
class ApnsConnection : public std::enable_shared_from_this<ApnsConnection> {
public:
    enum class State { connecting, open, closed };

    class Owner {
    public:
        virtual ~Owner() = default;
        /// Outcomes wait in session(), or the state or the capacity changed. Never called from within a call
        /// of the owner's to the connection.
        virtual void connection_changed(ApnsConnection& connection) = 0;
    };

    ApnsConnection(boost::asio::io_context& io, const Route& route,
                   std::shared_ptr<boost::asio::ssl::context> tls, Owner& owner);

    void start();
    [[nodiscard]] State state() const noexcept { return state_; }
    /// Why it is closed; the text is empty after an orderly end.
    [[nodiscard]] const ConnectFailure& failure() const noexcept { return failure_; }
    [[nodiscard]] bool draining() const noexcept { return session_ && session_->draining(); }
    [[nodiscard]] std::size_t capacity() const noexcept {
        return state_ == State::open ? session_->capacity() : 0;
    }
    [[nodiscard]] ApnsSession* session() noexcept { return session_ ? &*session_ : nullptr; }

    /// Writes what the session has to say, in large pieces, one write in flight.
    void flush();
    /// No new notifications; closes when the open ones are answered.
    void drain();
    /// Closes at once; the owner hears no more of it.
    void abort();

private:
    enum class Step { look_up, tcp, proxy, tls, settings, none };
    using Socket = boost::asio::ip::tcp::socket;

    boost::asio::awaitable<void> run();
    boost::asio::awaitable<void> connect_tcp(const Endpoint& endpoint);
    boost::asio::awaitable<void> open_tunnel(const Proxy& proxy);
    boost::asio::awaitable<void> handshake();
    boost::asio::awaitable<void> read_until_closed();

    void begin(Step step, Clock::time_point until);
    void arm(Clock::time_point due);
    void on_timer();
    void keep_watch();
    void after_write(const boost::system::error_code& failed);
    void settle();
    void close(ConnectFailure failure);
    [[nodiscard]] std::string doing() const;
    [[nodiscard]] Socket& socket() noexcept { return stream_.next_layer(); }

    boost::asio::io_context& io_;
    const Route& route_;
    std::shared_ptr<boost::asio::ssl::context> tls_;
    Owner* owner_;
    boost::asio::ip::tcp::resolver resolver_;
    boost::asio::ssl::stream<Socket> stream_;
    boost::asio::steady_timer timer_;
    std::optional<Clock::time_point> due_;
    Clock::time_point connect_deadline_;
    std::optional<ApnsSession> session_;
    std::string out_;
    State state_ = State::connecting;
    Step step_ = Step::none;
    ConnectFailure failure_;
    bool writing_ = false;
    bool parting_ = false;
};

} // namespace nanomdm::push
