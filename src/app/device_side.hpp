// Everything between a device's request and the storage: the service chain, composed.
#pragma once

#include "app/options.hpp"
#include "metrics/exposition.hpp"
#include "nanomdm/storage/storage.hpp"

#include <memory>

namespace nanomdm::http {
class Router;
}

namespace nanomdm::app {

class WebhookSide;

/// Owns identity verification, the service chain and the device endpoints.
class DeviceSide {
public:
    /// Reads the files the flags name, so that a mistake is found before anything is opened.
    /// @throws UsageError when one cannot be read or parsed.
    static void check(const DeviceOptions& options);

    /// @param most_waiting how many devices may wait for other servers at once
    /// @param webhook null: none
    /// @throws UsageError as check().
    DeviceSide(const DeviceOptions& options, unsigned most_waiting, AllStorage& storage,
               WebhookSide* webhook);
    ~DeviceSide();

    void add_routes(http::Router& router);
    /// For /metrics. Any thread.
    void collect(metrics::Exposition& exposition) const;
    /// Ends the waiting for other servers; call it when no more requests come.
    void stop() noexcept;
    /// Reads the CA files and the HMAC keys again; on failure the old ones stay. @throws UsageError
    void reload();

private:
    struct Parts;
    DeviceOptions options_;
    std::unique_ptr<Parts> parts_;
};

} // namespace nanomdm::app
