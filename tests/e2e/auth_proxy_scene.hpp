// A server with an authentication proxy, what is behind it, and devices that ask.
#pragma once

#include "e2e/scene.hpp"
#include "support/wire/wire_server.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace nanomdm::test {

inline constexpr const char* cert_header = "X-Client-Certificate";

/// The head of a request as a device sends it in header mode. @param more lines, each with its line end
inline std::string head_of(const sim::Device& device, const std::string& method, const std::string& rest,
                           const std::string& more = {}) {
    return method + " /authproxy/" + rest + " HTTP/1.1\r\nHost: mdm.example.org\r\n" + cert_header + ": " +
           sim::rfc9440_header(device.identity()) + "\r\n" + more + "\r\n";
}

/// Heads of requests, in the order in which they came.
class Visitors {
public:
    void note(WireHead head) {
        const std::lock_guard lock{mutex_};
        heads_.push_back(std::move(head));
        changed_.notify_all();
    }
    [[nodiscard]] std::vector<WireHead> heads() const {
        const std::lock_guard lock{mutex_};
        return heads_;
    }
    [[nodiscard]] std::size_t count() const { return heads().size(); }
    [[nodiscard]] bool await(std::size_t count) const {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, 60s, [&] { return heads_.size() >= count; });
    }

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<WireHead> heads_;
};

/// A server in header mode, with one Mac.
class ProxyScene {
public:
    explicit ProxyScene(WireServer::Serve serve, std::vector<std::string> more = {},
                        std::string path = "/repo")
        : upstream_{[this, serve = std::move(serve)](Wire& wire, const WireHead& head) {
              visitors_.note(head);
              return serve(wire, head);
          }},
          scene_{arguments(upstream_.url() + path, std::move(more))} {
        device_.use_endpoint(scene_.endpoint(sim::Proof::rfc9440_header));
        device_.enroll();
    }

    [[nodiscard]] Scene& scene() noexcept { return scene_; }
    [[nodiscard]] sim::Device& device() noexcept { return device_; }
    [[nodiscard]] Visitors& visitors() noexcept { return visitors_; }
    [[nodiscard]] WireServer& upstream() noexcept { return upstream_; }
    [[nodiscard]] Wire connect() { return Wire::connect(scene_.server().port()); }
    [[nodiscard]] std::string head(const std::string& method, const std::string& rest,
                                   const std::string& more = {}) const {
        return head_of(device_, method, rest, more);
    }

private:
    static std::vector<std::string> arguments(const std::string& url, std::vector<std::string> more) {
        std::vector<std::string> all{"-cert-header", cert_header, "-auth-proxy-url", url};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    Visitors visitors_;
    WireServer upstream_;
    Scene scene_;
    sim::Device device_ = scene_.device("MAC-1");
};

/// Answers everything with 200 and a short text.
inline bool say_hello(Wire& wire, const WireHead& head) {
    char piece[4096];
    while (wire.read_body(piece, sizeof piece) > 0) {
    }
    const std::string body = head.method() == "HEAD" ? "" : "hello";
    return wire.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + body);
}

} // namespace nanomdm::test
