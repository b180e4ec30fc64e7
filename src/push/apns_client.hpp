// The APNs client: one object per process, one pool of connections per topic, one I/O thread.
#pragma once

#include "nanomdm/push/pusher.hpp"
#include "nanomdm/storage/push_store.hpp"
#include "push/endpoint.hpp"
#include "push/statistics.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace nanomdm::push {

struct ApnsOptions {
    std::string url = "https://api.push.apple.com";
    std::string ca_file; ///< PEM with the roots to trust; empty: the system's
    std::chrono::seconds expiration =
        std::chrono::hours{7 * 24};  ///< how long APNs stores for a device that is off
    std::size_t max_connections = 4; ///< per topic
    std::size_t max_streams = 4000;  ///< per connection, below what APNs allows
    ProxySettings proxy;

    std::chrono::milliseconds connect_timeout{10'000}; ///< look-up, TCP, proxy, TLS and SETTINGS together
    std::chrono::milliseconds address_timeout{3'000};  ///< one address of several
    std::chrono::milliseconds quiet{5'000};            ///< silence with requests open that asks for a PING
    std::chrono::milliseconds idle_trust{30'000};   ///< after this idle time the next request brings a PING
    std::chrono::milliseconds ping_deadline{5'000}; ///< then the connection is dead
    std::chrono::milliseconds grow_after{100};      ///< full for so long: one more connection
    std::chrono::milliseconds retry_first{250};
    std::chrono::milliseconds retry_longest{10'000};
    std::chrono::milliseconds reconnect_first{200};
    std::chrono::milliseconds reconnect_longest{30'000};
    std::chrono::milliseconds certificate_poll{1'000}; ///< how often the certificate's version is asked for
};

/// Sends by HTTP/2 (Apple, «Sending notification requests to APNs»). Thread-safe; push() blocks its caller
/// and nobody else. The store is asked on the callers' threads, never on the I/O thread.
class ApnsClient final : public PushProvider {
public:
    /// @throws Error{Errc::invalid} when the URL or the proxy cannot be used. Connects to nothing yet.
    ApnsClient(PushCertStore& certificates, ApnsOptions options);
    /// As stop(). Waits for callers still inside push().
    ~ApnsClient() override;

    std::vector<ProviderResponse> push(const Topic& topic, std::span<const PushInfo> targets,
                                       std::chrono::steady_clock::time_point deadline) override;

    /// Closes all connections; calls under way and later ones get an error for what was not answered.
    void stop();

    [[nodiscard]] const Statistics& statistics() const noexcept;
    /// Calls `visit` for each topic that has been pushed to with a certificate. Any thread.
    void visit_topics(const std::function<void(const Topic&, const TopicStatistics&)>& visit) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nanomdm::push
