// The composition root: one object that is the server, and its life from start to drained.
#pragma once

#include "app/admin_side.hpp"
#include "app/certificate_expiry.hpp"
#include "app/device_side.hpp"
#include "app/ops_listener.hpp"
#include "app/ops_side.hpp"
#include "app/options.hpp"
#include "app/systemd.hpp"
#include "app/tls_files.hpp"
#include "app/watchdog.hpp"
#include "app/webhook_side.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "http/worker_pool.hpp"
#include "service/storage_watch.hpp"
#include "storage/metered/metered_storage.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nanomdm::storage {
class MultiStorage;
}

namespace nanomdm::app {

/// The members are the architecture's picture read from the bottom: each is built from those above it.
class App {
public:
    /// Checks what the flags name, binds the addresses, opens the storage and builds the graph.
    /// @throws UsageError, Error
    /// @param sockets in place of addresses to bind
    App(const Options& options, Notifier notifier, const InheritedSockets& sockets);

    /// Serves until SIGTERM or SIGINT, then drains. SIGHUP reloads keys, CAs and TLS files.
    /// block_signals() must have been called before any thread was started.
    /// @return the exit status.
    int run();

private:
    void listen(const InheritedSockets& sockets);
    void watch();
    /// @return what the backend adds to the metrics.
    metrics::Source open_store();
    void start_webhook();
    void add_metrics(metrics::Source of_backend);
    void reload();
    [[nodiscard]] http::Router& api_routes() noexcept;

    Options options_;
    const Notifier notifier_;
    bool api_is_apart_ = false; ///< on an address of its own
    std::optional<TlsFiles> tls_;
    std::vector<std::string> addresses_; ///< as bound
    OpsSide ops_;                        ///< first: it outlives the servers
    std::unique_ptr<storage::MeteredStorage> storage_;
    std::optional<service::StorageWatch> storage_watch_;
    storage::MultiStorage* multi_ = nullptr; ///< `storage_`, when there are several
    std::optional<WebhookSide> webhook_;
    std::optional<DeviceSide> devices_;
    std::optional<AdminSide> admins_;
    http::Router routes_;
    http::Router api_routes_; ///< used when the API has an address of its own
    http::WorkerPool workers_;
    http::WorkerPool upstream_;
    http::Server server_;
    std::optional<CertificateExpiry> certificate_expiry_;
    std::optional<Watchdog> watchdog_;
    std::optional<OpsListener> ops_listener_; ///< last: it answers as long as there is something to tell
};

} // namespace nanomdm::app
