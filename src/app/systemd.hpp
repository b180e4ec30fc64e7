// What systemd and a service tell each other: sockets handed over, states handed back. By the documented
// protocols, which are a few lines each; libsystemd would bring six libraries along.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nanomdm::app {

/// Tells the service manager how this process is doing (sd_notify(3)). Does nothing when nobody asked. Any
/// thread; never waits.
class Notifier {
public:
    /// Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, so that no child believes
    /// itself to be meant. Call before any thread is started.
    [[nodiscard]] static Notifier from_environment();

    Notifier() = default;
    ~Notifier();
    Notifier(Notifier&& other) noexcept;
    Notifier& operator=(Notifier&&) = delete;

    void ready(const std::string& status) const;
    void reloading() const;
    void stopping() const;
    void alive() const;

    /// How long the manager waits between two signs of life; nullopt: it does not.
    [[nodiscard]] std::optional<std::chrono::microseconds> watchdog() const noexcept { return watchdog_; }

private:
    void send(const std::string& message) const noexcept;

    int socket_ = -1;
    std::string address_; ///< as sun_path has it
    std::optional<std::chrono::microseconds> watchdog_;
};

/// Listening sockets by the flag whose address they stand for: `listen`, `api-listen`, `admin-listen`.
using InheritedSockets = std::map<std::string, std::vector<int>>;

/// Sockets that were made by somebody else (sd_listen_fds_with_names(3)), and the variables out of the
/// environment. One whose name (FileDescriptorName=) is a flag's stands for that flag; others, in their
/// order, for the flags that have none yet, in the order above. Empty when there are none for this process.
/// @throws Error{Errc::invalid} when there are more than that.
[[nodiscard]] InheritedSockets take_inherited_sockets();

} // namespace nanomdm::app
