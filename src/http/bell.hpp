// What a coroutine waits for when it waits for several things at once.
#pragma once

#include "http/asio_types.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

namespace nanomdm::http {

/// One coroutine waits; a socket, or another thread, rings. Used on one I/O thread but for what remote()
/// returns. Always held by a shared_ptr: a socket's answer may come after the coroutine has lost interest.
class Bell : public std::enable_shared_from_this<Bell> {
public:
    explicit Bell(Executor executor) : executor_{std::move(executor)}, timer_{executor_} {}

    void ring();
    /// Rings from any thread. Must not be called once the executor's context is gone.
    [[nodiscard]] std::function<void()> remote();
    /// Rings once the socket is ready, fails, or its waits are cancelled.
    void watch(Socket& socket, Socket::wait_type what);

    /// Returns when rung since the last wait.
    Awaitable<void> wait();
    /// Lets the thread's other work have its turn.
    Awaitable<void> yield();

private:
    using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                             asio::wait_traits<std::chrono::steady_clock>, Executor>;

    Executor executor_;
    Timer timer_;
    bool rung_ = false;
    bool watching_read_ = false;
    bool watching_write_ = false;
    std::atomic<bool> on_its_way_ = false; ///< a ring of another thread
};

} // namespace nanomdm::http
