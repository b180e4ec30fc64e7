// Accepting, reading requests, answering as told.
#include "support/upstream/upstream.hpp"

#include "crypto/digest.hpp"
#include "encoding/base64.hpp"
#include "support/upstream/byte_stream.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <set>
#include <sstream>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace nanomdm::test {
namespace {

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

/// With Content-Length only, which is what this project's clients send.
std::optional<UpstreamRequest> read_request(ByteStream& stream, std::string& buffered) {
    std::size_t header_end = std::string::npos;
    while ((header_end = buffered.find("\r\n\r\n")) == std::string::npos)
        if (!stream.read(buffered)) return std::nullopt;
    UpstreamRequest request;
    std::istringstream head{buffered.substr(0, header_end)};
    std::string line;
    std::getline(head, line);
    std::istringstream{line} >> request.method >> request.target;
    while (std::getline(head, line)) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        const auto colon = line.find(':');
        if (colon == std::string::npos) continue;
        const auto value = line.find_first_not_of(' ', colon + 1);
        request.headers[lower(line.substr(0, colon))] = value == std::string::npos ? "" : line.substr(value);
    }
    const auto length = std::stoul(request.header("content-length").value_or("0"));
    while (buffered.size() < header_end + 4 + length)
        if (!stream.read(buffered)) return std::nullopt;
    request.body = buffered.substr(header_end + 4, length);
    buffered.erase(0, header_end + 4 + length);
    return request;
}

std::string bytes_of(const UpstreamReply& reply, bool without_body) {
    std::string bytes = reply.early_hints ? "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n" : "";
    bytes += "HTTP/1.1 " + std::to_string(reply.status) + " As Told\r\n";
    for (const auto& [name, value] : reply.headers) bytes += name + ": " + value + "\r\n";
    bytes += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n";
    return without_body ? bytes : bytes + reply.body;
}

} // namespace

std::optional<std::string> UpstreamRequest::header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::nullopt : std::optional{found->second};
}

class Upstream::Impl {
public:
    Impl(Answering answering, const std::optional<UpstreamTls>& tls) : answering_{std::move(answering)} {
        if (tls) tls_.emplace(*tls);
        listen();
    }
    ~Impl() { close_all(); }

    void listen() {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int on = 1;
        ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port_); // the same again after a pause
        socklen_t size = sizeof address;
        if (listener_ < 0 || ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
            ::listen(listener_, 1024) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::system_error{errno, std::generic_category(), "listening"};
        port_ = ntohs(address.sin_port);
        down_ = false;
        acceptor_ = std::thread{[this] { accept_all(); }};
    }

    void close_all() {
        if (!acceptor_.joinable()) return;
        {
            const std::lock_guard lock{mutex_};
            down_ = true;
            changed_.notify_all();
        }
        ::shutdown(listener_, SHUT_RDWR);
        acceptor_.join();
        ::close(listener_);
        {
            const std::lock_guard lock{mutex_};
            for (ByteStream* stream : open_) stream->shut();
        }
        for (auto& thread : threads_) thread.join();
        threads_.clear();
    }

    void set(Answering answering) {
        const std::lock_guard lock{mutex_};
        answering_ = std::move(answering);
    }
    void release() {
        const std::lock_guard lock{mutex_};
        released_ = true;
        changed_.notify_all();
    }
    std::vector<UpstreamRequest> requests() const {
        const std::lock_guard lock{mutex_};
        return requests_;
    }
    std::size_t count() const {
        const std::lock_guard lock{mutex_};
        return count_;
    }
    void only_count() {
        const std::lock_guard lock{mutex_};
        keep_ = false;
        requests_.clear();
    }
    std::size_t connections() const {
        const std::lock_guard lock{mutex_};
        return connections_;
    }
    bool wait_for(std::size_t count, std::chrono::milliseconds timeout) const {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, timeout, [&] { return count_ >= count; });
    }
    std::uint16_t port() const noexcept { return port_; }
    bool is_tls() const noexcept { return tls_.has_value(); }

private:
    void accept_all() {
        for (;;) {
            const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
            if (socket < 0) return;
            const int on = 1;
            ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            const std::lock_guard lock{mutex_};
            const auto number = ++connections_;
            threads_.emplace_back([this, socket, number] { serve(socket, number); });
        }
    }

    void serve(int socket, std::size_t number) {
        sigset_t pipe; // OpenSSL's writes would raise it where the client has gone
        ::sigemptyset(&pipe);
        ::sigaddset(&pipe, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
        ByteStream stream{socket, tls_ ? &*tls_ : nullptr};
        {
            const std::lock_guard lock{mutex_};
            open_.insert(&stream);
            if (down_) stream.shut();
        }
        std::string buffered;
        if (stream.handshake()) {
            while (auto request = read_request(stream, buffered)) {
                request->connection = number;
                request->client_common_name = stream.client_common_name();
                if (!answer(stream, *request)) break;
            }
        }
        const std::lock_guard lock{mutex_};
        open_.erase(&stream);
    }

    /// @return whether the connection goes on.
    bool answer(ByteStream& stream, const UpstreamRequest& request) {
        using Mishap = UpstreamReply::Mishap;
        Answering answering;
        {
            const std::lock_guard lock{mutex_};
            ++count_;
            if (keep_) requests_.push_back(request);
            answering = answering_;
            changed_.notify_all();
        }
        const auto reply = answering ? answering(request) : UpstreamReply{};
        {
            std::unique_lock lock{mutex_};
            if (reply.mishap == Mishap::hang) changed_.wait(lock, [this] { return released_ || down_; });
            if (reply.latency.count() > 0) changed_.wait_for(lock, reply.latency, [this] { return down_; });
            if (down_) return false;
        }
        const auto bytes = bytes_of(reply, request.method == "HEAD");
        switch (reply.mishap) {
        case Mishap::none:
        case Mishap::hang:
            return stream.write(bytes);
        case Mishap::cut:
            return false;
        case Mishap::cut_midway:
            return stream.write(bytes.substr(0, bytes.size() - (reply.body.size() + 1) / 2)) && false;
        case Mishap::close:
            return stream.write(bytes) && false;
        case Mishap::garbage:
            return stream.write("\x01\x02 this is not HTTP\r\n\r\n") && false;
        }
        return false;
    }

    std::optional<TlsContext> tls_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    Answering answering_;
    std::vector<UpstreamRequest> requests_;
    std::size_t count_ = 0;
    bool keep_ = true;
    std::set<ByteStream*> open_;
    std::size_t connections_ = 0;
    bool released_ = false;
    bool down_ = false;
    std::vector<std::thread> threads_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::thread acceptor_;
};

Upstream::Upstream(Answering answering, std::optional<UpstreamTls> tls)
    : impl_{std::make_unique<Impl>(std::move(answering), tls)} {}

Upstream::~Upstream() = default;

std::uint16_t Upstream::port() const noexcept { return impl_->port(); }

std::string Upstream::url() const {
    return (impl_->is_tls() ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port());
}

void Upstream::answer(Answering answering) { impl_->set(std::move(answering)); }

void Upstream::answer(UpstreamReply always) {
    impl_->set([always = std::move(always)](const UpstreamRequest&) { return always; });
}

void Upstream::release() { impl_->release(); }
void Upstream::go_down() { impl_->close_all(); }
void Upstream::come_back() { impl_->listen(); }
std::vector<UpstreamRequest> Upstream::requests() const { return impl_->requests(); }
std::size_t Upstream::count() const { return impl_->count(); }
void Upstream::only_count() { impl_->only_count(); }
std::size_t Upstream::connections() const { return impl_->connections(); }

bool Upstream::wait_for(std::size_t requests, std::chrono::milliseconds timeout) const {
    return impl_->wait_for(requests, timeout);
}

std::string hmac_signature(const std::string& key, const std::string& body) {
    return base64_encode(hmac_sha256(key, body));
}

} // namespace nanomdm::test
