// Binding with plain sockets: the forms of -listen, stale socket files, both families on one socket.
#include "http/listener.hpp"

#include "nanomdm/error.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace nanomdm::http {
namespace {

constexpr std::string_view unix_prefix = "unix:";

[[noreturn]] void fail(const std::string& address, int error) {
    throw Error{Errc::unavailable,
                "cannot listen on " + address + ": " + std::generic_category().message(error)};
}

int stream_socket(int family) { return ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

struct HostPort {
    std::string host; ///< empty: every interface
    std::string port;
};

HostPort split(const std::string& address) {
    const auto colon = address.rfind(':');
    const auto malformed = [&address] {
        return Error{Errc::invalid,
                     "not an address to listen on (:port, host:port, [v6]:port, unix:/path): " + address};
    };
    if (colon == std::string::npos) throw malformed();
    HostPort parts{address.substr(0, colon), address.substr(colon + 1)};
    unsigned port = 0;
    const auto end = parts.port.data() + parts.port.size();
    const auto parsed = std::from_chars(parts.port.data(), end, port);
    if (parsed.ec != std::errc{} || parsed.ptr != end || port > 65535) throw malformed();
    if (parts.host.starts_with('[') && parts.host.ends_with(']'))
        parts.host = parts.host.substr(1, parts.host.size() - 2);
    else if (parts.host.find(':') != std::string::npos)
        throw malformed();
    return parts;
}

std::uint64_t inode_of(const std::string& path) noexcept {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

/// Nobody answers on the file of a server that died; whoever does keeps it.
void remove_stale(const std::string& path, const sockaddr_un& name, const std::string& address) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return;
    if (!S_ISSOCK(status.st_mode)) fail(address, EEXIST);
    const int probe = stream_socket(AF_UNIX);
    if (probe < 0) fail(address, errno);
    const int connected = ::connect(probe, reinterpret_cast<const sockaddr*>(&name), sizeof name);
    const int error = errno;
    ::close(probe);
    if (connected == 0 || error != ECONNREFUSED) fail(address, EADDRINUSE);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail(address, errno);
}

} // namespace

Listener Listener::bind(const std::string& address) {
    if (address.starts_with(unix_prefix)) {
        const std::string path = address.substr(unix_prefix.size());
        sockaddr_un name{};
        if (path.empty() || path.size() >= sizeof name.sun_path)
            throw Error{Errc::invalid, "not a usable socket path: " + address};
        name.sun_family = AF_UNIX;
        std::memcpy(name.sun_path, path.data(), path.size());
        remove_stale(path, name, address);
        Listener listener{stream_socket(AF_UNIX), AF_UNIX};
        if (listener.socket_ < 0) fail(address, errno);
        // Before bind the file does not exist, so nobody connects while its mode is still too wide.
        constexpr mode_t mode = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP;
        if (::fchmod(listener.socket_, mode) != 0 ||
            ::bind(listener.socket_, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0)
            fail(address, errno);
        listener.file_ = path;
        if (::chmod(path.c_str(), mode) != 0 || ::listen(listener.socket_, SOMAXCONN) != 0)
            fail(address, errno);
        listener.file_inode_ = inode_of(path);
        listener.describe();
        return listener;
    }

    const auto [host, port] = split(address);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* list = nullptr;
    const int resolved = ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &list);
    if (resolved != 0)
        throw Error{Errc::unavailable, "cannot resolve " + address + ": " + ::gai_strerror(resolved)};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{list, ::freeaddrinfo};

    // All interfaces: one IPv6 socket takes both families. A name with both: IPv4, as NanoMDM listens.
    const int preferred = host.empty() ? AF_INET6 : AF_INET;
    int error = EADDRNOTAVAIL;
    for (const bool first_choice : {true, false}) {
        for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
            if ((entry->ai_family == preferred) != first_choice) continue;
            Listener listener{stream_socket(entry->ai_family), entry->ai_family};
            if (listener.socket_ < 0) {
                error = errno;
                continue; // a machine without IPv6
            }
            const int on = 1;
            const int v6_only = host.empty() ? 0 : 1;
            ::setsockopt(listener.socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
            if (entry->ai_family == AF_INET6)
                ::setsockopt(listener.socket_, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
            if (::bind(listener.socket_, entry->ai_addr, entry->ai_addrlen) != 0 ||
                ::listen(listener.socket_, SOMAXCONN) != 0) {
                error = errno;
                if (error == EADDRINUSE || error == EACCES) fail(address, error);
                continue;
            }
            listener.describe();
            return listener;
        }
    }
    fail(address, error);
}

Listener Listener::adopt(int socket) {
    int listening = 0;
    socklen_t length = sizeof listening;
    sockaddr_storage name{};
    socklen_t name_length = sizeof name;
    if (::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0 || listening == 0 ||
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &name_length) != 0)
        throw Error{Errc::invalid,
                    "file descriptor " + std::to_string(socket) + " is not a listening socket"};
    ::fcntl(socket, F_SETFD, FD_CLOEXEC);
    ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
    Listener listener{socket, name.ss_family};
    listener.describe();
    return listener;
}

Listener::Listener(Listener&& other) noexcept
    : socket_{std::exchange(other.socket_, -1)}, family_{other.family_}, address_{std::move(other.address_)},
      file_{std::exchange(other.file_, {})}, file_inode_{other.file_inode_} {}

Listener::~Listener() {
    if (!file_.empty() && inode_of(file_) == file_inode_) ::unlink(file_.c_str());
    if (socket_ >= 0) ::close(socket_);
}

int Listener::release() noexcept { return std::exchange(socket_, -1); }

void Listener::describe() {
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    if (::getsockname(socket_, reinterpret_cast<sockaddr*>(&name), &length) != 0) return;
    address_ = endpoint_text(&name, length);
}

std::string host_text(const void* sockaddr, unsigned length) {
    char text[INET6_ADDRSTRLEN] = "";
    sa_family_t family = AF_UNSPEC;
    if (length >= sizeof family) std::memcpy(&family, sockaddr, sizeof family);
    if (family == AF_INET && length >= sizeof(sockaddr_in)) {
        ::inet_ntop(AF_INET, &static_cast<const sockaddr_in*>(sockaddr)->sin_addr, text, sizeof text);
    } else if (family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
        const auto& address = static_cast<const sockaddr_in6*>(sockaddr)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&address))
            ::inet_ntop(AF_INET, address.s6_addr + 12, text, sizeof text);
        else
            ::inet_ntop(AF_INET6, &address, text, sizeof text);
    } else {
        return "unix";
    }
    return text;
}

std::string endpoint_text(const void* sockaddr, unsigned length) {
    sa_family_t family = AF_UNSPEC;
    std::memcpy(&family, sockaddr, sizeof family);
    if (family == AF_UNIX) {
        const auto* path = static_cast<const sockaddr_un*>(sockaddr)->sun_path;
        const std::size_t size = length - offsetof(sockaddr_un, sun_path);
        return std::string{unix_prefix}.append(path, ::strnlen(path, size));
    }
    const auto host = host_text(sockaddr, length);
    const auto port = family == AF_INET ? static_cast<const sockaddr_in*>(sockaddr)->sin_port
                                        : static_cast<const sockaddr_in6*>(sockaddr)->sin6_port;
    const auto digits = std::to_string(ntohs(port));
    return host.find(':') != std::string::npos ? '[' + host + "]:" + digits : host + ':' + digits;
}

} // namespace nanomdm::http
