// Moves bytes between the socket and the session; how the connection comes up is in apns_connect.cpp.
#include "push/apns_connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <utility>

namespace nanomdm::push {
namespace {

namespace asio = boost::asio;

/// One write: about a thousand notifications. More would only delay the first of them.
constexpr std::size_t write_size = 128 * 1024;
constexpr std::size_t read_size = 16 * 1024; // a TLS record

} // namespace

ApnsConnection::ApnsConnection(asio::io_context& io, const Route& route,
                               std::shared_ptr<asio::ssl::context> tls, Owner& owner)
    : io_{io}, route_{route}, tls_{std::move(tls)}, owner_{&owner}, resolver_{io}, stream_{io, *tls_},
      timer_{io} {}

void ApnsConnection::start() {
    connect_deadline_ = Clock::now() + route_.connect_timeout;
    auto body = [self = shared_from_this()] { return self->run(); };
    asio::co_spawn(io_, std::move(body), asio::detached);
}

asio::awaitable<void> ApnsConnection::read_until_closed() {
    std::array<char, read_size> bytes;
    while (state_ != State::closed) {
        const std::size_t size = co_await stream_.async_read_some(asio::buffer(bytes), asio::use_awaitable);
        if (state_ == State::closed) co_return;
        const bool alive = session_->receive({bytes.data(), size}, Clock::now());
        if (step_ == Step::settings && session_->settings_received()) {
            step_ = Step::none;
            state_ = State::open;
        }
        if (!alive) {
            close({session_->error(), false});
            co_return;
        }
        if (owner_ != nullptr) owner_->connection_changed(*this);
        flush(); // acknowledgements, window updates
        settle();
    }
}

void ApnsConnection::flush() {
    if (state_ == State::closed || !session_) return;
    if (state_ == State::open) keep_watch();
    if (writing_) return;
    session_->output(out_, write_size);
    if (out_.empty()) return;
    writing_ = true;
    asio::async_write(stream_, asio::buffer(out_),
                      [self = shared_from_this()](const boost::system::error_code& failed, std::size_t) {
                          self->after_write(failed);
                      });
}

void ApnsConnection::after_write(const boost::system::error_code& failed) {
    writing_ = false;
    out_.clear();
    if (state_ == State::closed) return;
    if (failed) return; // the read sees the end too, and the peer's reason if it gave one
    flush();
    settle();
}

/// Parts when nothing more can come of this connection.
void ApnsConnection::settle() {
    if (state_ != State::open || !session_->draining() || !session_->empty()) return;
    if (!parting_) {
        parting_ = true;
        session_->terminate();
        flush();
    }
    if (!writing_) close({});
}

void ApnsConnection::drain() {
    if (session_) session_->drain();
    asio::post(io_, [self = shared_from_this()] {
        if (self->session_)
            self->settle();
        else
            self->close({});
    });
}

void ApnsConnection::abort() {
    owner_ = nullptr;
    close({});
}

void ApnsConnection::close(ConnectFailure failure) {
    if (state_ == State::closed) return;
    state_ = State::closed;
    failure_ = std::move(failure);
    boost::system::error_code ignored;
    timer_.cancel(ignored);
    resolver_.cancel();
    socket().close(ignored);
    if (session_) session_->abandon();
    if (owner_ != nullptr) owner_->connection_changed(*this);
}

void ApnsConnection::arm(Clock::time_point due) {
    due_ = due;
    timer_.expires_at(due);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
        if (!cancelled) self->on_timer();
    });
}

void ApnsConnection::keep_watch() {
    const auto next = session_->next_tick();
    if (next && (!due_ || *next < *due_)) arm(*next);
}

void ApnsConnection::on_timer() {
    // A wait that had expired before it was armed anew still arrives here.
    if (state_ == State::closed || !due_ || Clock::now() < *due_) return;
    due_.reset();
    if (step_ == Step::tcp) {
        boost::system::error_code ignored;
        socket().close(ignored); // connect_tcp goes on to the next address
    } else if (state_ == State::connecting) {
        close({"time-out while " + doing(), false});
    } else if (!session_->tick(Clock::now())) {
        close({"connection to " + route_.target.host + " is dead: " + session_->error(), false});
    } else {
        flush();
    }
}

} // namespace nanomdm::push
