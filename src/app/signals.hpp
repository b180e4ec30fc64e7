// Signals as values: the main thread waits for them, all other threads have them blocked.
#pragma once

namespace nanomdm::app {

enum class Signal { stop, reload };

/// Call before any thread is started: every later one inherits the mask. Also ignores SIGPIPE.
void block_signals();

/// SIGTERM and SIGINT are stop, SIGHUP is reload.
[[nodiscard]] Signal wait_for_signal();

/// From now on SIGTERM and SIGINT end the process without further ado.
void exit_at_once_on_next_signal();

} // namespace nanomdm::app
