// A timer that never fires: cancelling it wakes the coroutine.
#include "http/bell.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace nanomdm::http {

void Bell::ring() {
    rung_ = true;
    timer_.cancel();
}

std::function<void()> Bell::remote() {
    return [bell = shared_from_this()] {
        if (bell->on_its_way_.exchange(true)) return;
        auto ring = [bell] {
            bell->on_its_way_ = false;
            bell->ring();
        };
        asio::post(bell->executor_, std::move(ring));
    };
}

void Bell::watch(Socket& socket, Socket::wait_type what) {
    bool& watching = what == Socket::wait_read ? watching_read_ : watching_write_;
    if (std::exchange(watching, true)) return;
    socket.async_wait(what, [bell = shared_from_this(), &watching](error_code) {
        watching = false;
        bell->ring();
    });
}

Awaitable<void> Bell::wait() {
    while (!rung_) {
        error_code cancelled;
        auto token = asio::redirect_error(use_awaitable, cancelled);
        timer_.expires_at(Timer::time_point::max());
        co_await timer_.async_wait(token);
    }
    rung_ = false;
}

Awaitable<void> Bell::yield() {
    auto token = use_awaitable;
    co_await asio::post(executor_, token);
}

} // namespace nanomdm::http
