#include "app/systemd.hpp"

#include "nanomdm/error.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sstream>
#include <utility>

namespace nanomdm::app {
namespace {

constexpr int first_descriptor = 3; // SD_LISTEN_FDS_START
constexpr std::array flags{"listen", "api-listen", "admin-listen"};

/// Its value, and the variable is gone.
std::string take(const char* variable) {
    const char* const value = std::getenv(variable);
    std::string text = value != nullptr ? value : "";
    ::unsetenv(variable);
    return text;
}

template <class Number> std::optional<Number> number(const std::string& text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

} // namespace

Notifier Notifier::from_environment() {
    Notifier notifier;
    notifier.address_ = take("NOTIFY_SOCKET");
    const auto interval = number<std::int64_t>(take("WATCHDOG_USEC"));
    const auto process = number<pid_t>(take("WATCHDOG_PID"));
    auto& address = notifier.address_;
    if (address.size() < 2 || (address[0] != '/' && address[0] != '@') ||
        address.size() >= sizeof(sockaddr_un::sun_path))
        return {};
    if (address[0] == '@') address[0] = '\0'; // Linux' abstract name space
    notifier.socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (interval && *interval > 0 && process.value_or(::getpid()) == ::getpid())
        notifier.watchdog_ = std::chrono::microseconds{*interval};
    return notifier;
}

Notifier::~Notifier() {
    if (socket_ >= 0) ::close(socket_);
}

Notifier::Notifier(Notifier&& other) noexcept
    : socket_{std::exchange(other.socket_, -1)}, address_{std::move(other.address_)}, watchdog_{
                                                                                          other.watchdog_} {}

void Notifier::ready(const std::string& status) const { send("READY=1\nSTATUS=" + status); }

void Notifier::reloading() const {
    std::timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const auto microseconds = static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000;
    send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds) + "\nSTATUS=Reading files again");
}

void Notifier::stopping() const { send("STOPPING=1\nSTATUS=Finishing what is under way"); }

void Notifier::alive() const { send("WATCHDOG=1"); }

void Notifier::send(const std::string& message) const noexcept {
    if (socket_ < 0) return;
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, address_.data(), address_.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    ::sendto(socket_, message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&name),
             length);
}

InheritedSockets take_inherited_sockets() {
    const auto process = number<pid_t>(take("LISTEN_PID"));
    const auto count = number<int>(take("LISTEN_FDS"));
    std::istringstream names{take("LISTEN_FDNAMES")};
    InheritedSockets sockets;
    if (process != ::getpid() || !count) return sockets;

    std::vector<int> unnamed;
    for (int descriptor = first_descriptor; descriptor < first_descriptor + *count; ++descriptor) {
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        std::string name;
        std::getline(names, name, ':');
        if (std::find(flags.begin(), flags.end(), name) != flags.end())
            sockets[name].push_back(descriptor);
        else
            unnamed.push_back(descriptor);
    }
    auto next = unnamed.begin();
    for (const char* flag : flags) {
        if (next != unnamed.end() && !sockets.contains(flag)) sockets[flag].push_back(*next++);
    }
    if (next != unnamed.end())
        throw Error{Errc::invalid, "more sockets were handed over than there are addresses to listen on"};
    return sockets;
}

} // namespace nanomdm::app
