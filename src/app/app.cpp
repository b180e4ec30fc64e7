// Start order and drain order.
#include "app/app.hpp"

#include "app/core_options.hpp"
#include "app/metrics_sources.hpp"
#include "app/signals.hpp"
#include "app/storage_factory.hpp"
#include "app/version.hpp"
#include "http/api/api.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"
#include "storage/multi/multi_storage.hpp"

#include <thread>

namespace nanomdm::app {
namespace {

http::TrustedProxies trusted_proxies(const HttpOptions& options) try {
    return http::TrustedProxies{options.trusted_proxies};
} catch (const Error& error) {
    throw UsageError{std::string{"-trust-proxy: "} + error.what()};
}

http::ServerOptions server_options(const HttpOptions& options) {
    http::ServerOptions server;
    // One I/O thread moves far more bytes than the workers can answer until there are many cores. Handshakes
    // are its work too.
    server.io_threads = std::max(1U, std::thread::hardware_concurrency() / (options.tls.enabled() ? 2 : 4));
    server.limits.body_bytes = options.max_body;
    server.trusted_proxies = trusted_proxies(options);
    return server;
}

/// Runs `listen`, whose refusal of an address is the fault of `flag`.
template <class Listen> void blame_address(const char* flag, Listen listen) try {
    listen();
} catch (const Error& error) {
    if (error.code() == Errc::invalid) throw UsageError{std::string{"-"} + flag + ": " + error.what()};
    throw;
}

/// Some threads stay for pushes when a declarative management server hangs.
unsigned most_waiting_devices(const HttpOptions& options) {
    return std::max(1U, options.upstream_workers - options.upstream_workers / 8);
}

} // namespace

App::App(const Options& options)
    : options_{options}, workers_{http::WorkerPool::fixed(
                             suitable_workers(options.storages.front(), options.http.workers))},
      upstream_{http::WorkerPool::wide(options.http.upstream_workers)}, server_{
                                                                            workers_, upstream_,
                                                                            server_options(options.http)} {
    const bool serves_api = options_.api.enabled();
    if (!options_.devices.disabled) DeviceSide::check(options_.devices);
    if (serves_api) AdminSide::check(options_.api, options_.push);
    if (options_.webhook.enabled()) WebhookSide::check(options_.webhook);
    if (options_.http.tls.enabled()) tls_.emplace(options_.http.tls);
    listen();

    auto of_backend = open_store();
    start_webhook();
    http::add_version_route(routes_, version);
    if (!options_.devices.disabled)
        devices_
            .emplace(options_.devices, most_waiting_devices(options_.http), *storage_,
                     webhook_ ? &*webhook_ : nullptr)
            .add_routes(routes_);
    if (serves_api)
        admins_.emplace(options_.api, options_.push, core_options(options_.devices), *storage_)
            .add_routes(api_routes());
    if (!ops_listener_)
        ops_.add_routes(routes_, admins_ ? std::optional{admins_->admission()} : std::nullopt);
    add_metrics(std::move(of_backend));
}

http::Router& App::api_routes() noexcept { return options_.http.api_listen.empty() ? routes_ : api_routes_; }

/// Before the storage is opened, which may take its time: clients that come now wait instead of being
/// refused.
void App::listen() {
    const auto bind = [this](const char* flag, const std::string& address, const http::Router& router,
                             const http::TlsContext* tls) {
        blame_address(flag, [&] { addresses_.push_back(server_.listen(address, router, tls)); });
    };
    bind("listen", options_.http.listen, routes_, tls_ ? &tls_->for_devices() : nullptr);
    if (options_.api.enabled() && !options_.http.api_listen.empty()) {
        const bool is_local = options_.http.api_listen.starts_with("unix:");
        bind("api-listen", options_.http.api_listen, api_routes_,
             tls_ && !is_local ? &tls_->for_api() : nullptr);
    }
    if (options_.http.admin_listen.empty()) return;
    blame_address("admin-listen", [this] { ops_listener_.emplace(options_.http.admin_listen, ops_); });
    log::info("answering probes", {{"address", ops_listener_->address()}});
}

metrics::Source App::open_store() {
    auto opened = open_storages(options_.storages);
    storage_ = std::make_unique<storage::MeteredStorage>(std::move(opened.store));
    multi_ = opened.multi;
    storage_watch_.emplace(*storage_);
    if (opened.largest_message < options_.http.max_body) {
        log::info("bodies are limited to what the storage can hold",
                  {{"bytes", std::to_string(opened.largest_message)}});
        server_.limit_bodies(opened.largest_message);
    }
    return std::move(opened.collect);
}

void App::add_metrics(metrics::Source of_backend) {
    auto& metrics = ops_.metrics();
    metrics.add(build_source(version));
    std::vector<const http::Router*> routers{&routes_, &api_routes_};
    if (ops_listener_) routers.push_back(&ops_listener_->router());
    metrics.add(request_source(std::move(routers)));
    metrics.add(server_source(server_, workers_, upstream_));
    metrics.add(storage_source(*storage_));
    if (of_backend) metrics.add(std::move(of_backend));
    if (multi_ != nullptr) metrics.add(follower_source(*multi_));
    const auto add_side = [&metrics](auto& side) {
        if (side) metrics.add([&side](metrics::Exposition& exposition) { side->collect(exposition); });
    };
    add_side(devices_);
    add_side(admins_);
    add_side(webhook_);
    if (admins_) certificate_expiry_.emplace(*storage_, upstream_);
    add_side(certificate_expiry_);
}

void App::start_webhook() {
    if (options_.webhook.enabled()) webhook_.emplace(options_.webhook, *storage_);
}

int App::run() {
    ops_.readiness().serve([this] { return storage_watch_->trouble(); });
    server_.start();
    for (const auto& address : addresses_) log::info("listening", {{"address", address}});
    log::info("serving", {{"version", version}, {"storage", options_.storages.front().backend}});
    for (auto signal = wait_for_signal(); signal == Signal::reload; signal = wait_for_signal()) reload();

    log::info("shutting down", {{"grace_seconds", std::to_string(options_.http.shutdown_grace.count())}});
    exit_at_once_on_next_signal();
    ops_.readiness().drain();
    const auto deadline = std::chrono::steady_clock::now() + options_.http.shutdown_grace;
    if (!server_.drain(options_.http.shutdown_grace))
        log::warning("requests were cut off at the end of the grace");
    if (admins_) admins_->stop();
    if (devices_) devices_->stop();
    upstream_.stop();
    if (webhook_) webhook_->stop(deadline);
    workers_.stop();
    if (multi_ != nullptr) multi_->stop(deadline);
    log::info("stopped");
    return 0;
}

void App::reload() {
    const auto again = [](const char* what, auto& side) {
        try {
            if (side) side->reload();
        } catch (const std::exception& error) {
            log::error("not read again; the old ones stay", {{"what", what}, {"err", error.what()}});
            return;
        }
        log::info("read again", {{"what", what}});
    };
    again("CA certificates", devices_);
    again("API keys", admins_);
    if (tls_) again("TLS certificate", tls_);
}

} // namespace nanomdm::app
