// The composition root: one object that is the server, and its life from start to drained.
#pragma once

#include "app/admin_side.hpp"
#include "app/device_side.hpp"
#include "app/options.hpp"
#include "app/tls_files.hpp"
#include "app/webhook_side.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "http/worker_pool.hpp"
#include "nanomdm/storage/storage.hpp"

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
    explicit App(const Options& options);

    /// Serves until SIGTERM or SIGINT, then drains. SIGHUP reloads keys, CAs and TLS files.
    /// block_signals() must have been called before any thread was started.
    /// @return the exit status.
    int run();

private:
    void listen();
    void open_store();
    void start_webhook();
    void reload();
    [[nodiscard]] http::Router& api_routes() noexcept;

    Options options_;
    std::optional<TlsFiles> tls_;
    std::vector<std::string> addresses_; ///< as bound
    std::unique_ptr<AllStorage> storage_;
    storage::MultiStorage* multi_ = nullptr; ///< `storage_`, when there are several
    std::optional<WebhookSide> webhook_;
    std::optional<DeviceSide> devices_;
    std::optional<AdminSide> admins_;
    http::Router routes_;
    http::Router api_routes_; ///< used when the API has an address of its own
    http::WorkerPool workers_;
    http::WorkerPool upstream_;
    http::Server server_;
};

} // namespace nanomdm::app
