// The event loop's life and the sweep over its sessions' deadlines.
#include "http/io_thread.hpp"

#include "http/session.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <iterator>

namespace nanomdm::http {
namespace {

/// A quarter of the shortest limit, so that no deadline is missed by more.
Clock::duration sweep_interval(const ServerLimits& limits) {
    using namespace std::chrono_literals;
    const auto shortest =
        std::min({limits.header_time, limits.body_time, limits.idle_time, limits.write_time});
    return std::clamp<std::chrono::milliseconds>(shortest / 4, 5ms, 250ms);
}

} // namespace

IoThread::IoThread(const ServerLimits& limits)
    : work_{asio::make_work_guard(context_)}, timer_{context_}, interval_{sweep_interval(limits)} {}

void IoThread::start() {
    thread_ = std::thread{[this] { serve(); }};
}

/// An error that no session has dealt with (out of memory, say) ends none of the others. The sweep begins
/// anew, since it may have been what failed.
void IoThread::serve() {
    for (;;) {
        try {
            sweep();
            context_.run();
            return;
        } catch (const std::exception& error) {
            log::error("an I/O thread goes on after an error", {{"error", error.what()}});
        }
    }
}

void IoThread::join() {
    if (thread_.joinable()) thread_.join();
}

IoThread::Sessions::iterator IoThread::enter(Session& session) { return busy_.insert(busy_.end(), &session); }

void IoThread::leave(Sessions::iterator place, bool idle) noexcept { (idle ? idle_ : busy_).erase(place); }

void IoThread::mark_idle(Sessions::iterator place) noexcept { idle_.splice(idle_.end(), busy_, place); }

void IoThread::mark_busy(Sessions::iterator place) noexcept { busy_.splice(busy_.end(), idle_, place); }

bool IoThread::expire_longest_idle() noexcept {
    const auto candidate =
        std::find_if(idle_.begin(), idle_.end(), [](const Session* session) { return !session->expired(); });
    if (candidate == idle_.end()) return false;
    (*candidate)->expire();
    return true;
}

void IoThread::limit_idle(Clock::duration time) noexcept {
    const auto latest = Clock::now() + time;
    for (Session* session : idle_) session->hasten(latest);
}

void IoThread::close_all() noexcept {
    for (Session* session : busy_) session->close();
    for (Session* session : idle_) session->close();
}

void IoThread::wind_down() noexcept {
    ending_ = true;
    work_.reset();
    timer_.cancel();
}

void IoThread::sweep() {
    if (ending_) return;
    beats_.fetch_add(1, std::memory_order_relaxed);
    const auto now = Clock::now();
    for (Session* session : busy_) {
        if (session->deadline() <= now) session->expire();
    }
    for (Session* session : idle_) {
        if (session->deadline() <= now) session->expire();
    }
    timer_.expires_after(interval_);
    timer_.async_wait([this](error_code cancelled) {
        if (!cancelled) sweep();
    });
}

} // namespace nanomdm::http
