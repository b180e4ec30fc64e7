// sigwait on the main thread: no code of ours ever runs inside a signal handler.
#include "app/signals.hpp"

#include <csignal>
#include <pthread.h>

namespace nanomdm::app {
namespace {

sigset_t stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

} // namespace

void block_signals() {
    std::signal(SIGPIPE, SIG_IGN);
    auto set = stop_signals();
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Signal wait_for_signal() {
    auto set = stop_signals();
    sigaddset(&set, SIGHUP);
    int number = 0;
    while (sigwait(&set, &number) != 0) {
    }
    return number == SIGHUP ? Signal::reload : Signal::stop;
}

void exit_at_once_on_next_signal() {
    // The default action, delivered to this thread: nothing is acknowledged that is not already durable.
    const auto set = stop_signals();
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

} // namespace nanomdm::app
