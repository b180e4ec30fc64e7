// Start order and drain order.
#include "app/app.hpp"

#include "app/core_options.hpp"
#include "app/last_resort.hpp"
#include "app/metrics_sources.hpp"
#include "app/signals.hpp"
#include "app/storage_factory.hpp"
#include "app/version.hpp"
#include "http/api/api.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"
#include "storage/multi/multi_storage.hpp"

#include <sys/socket.h>

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

bool is_unix_socket(int socket) noexcept {
    int family = AF_UNSPEC;
    socklen_t length = sizeof family;
    return ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &length) == 0 && family == AF_UNIX;
}

/// For calls that have been told to end, and whose time-outs are not ours.
constexpr std::chrono::seconds time_to_give_up{5};

/// Some threads stay for pushes when a declarative management server hangs.
unsigned most_waiting_devices(const HttpOptions& options) {
    return std::max(1U, options.upstream_workers - options.upstream_workers / 8);
}

} // namespace

App::App(const Options& options, Notifier notifier, const InheritedSockets& sockets)
    : options_{options}, notifier_{std::move(notifier)}, workers_{http::WorkerPool::fixed(
                                                             suitable_workers(options.storages.front(),
                                                                              options.http.workers))},
      upstream_{http::WorkerPool::wide(options.http.upstream_workers)}, server_{
                                                                            workers_, upstream_,
                                                                            server_options(options.http)} {
    const bool serves_api = options_.api.enabled();
    if (!options_.devices.disabled) DeviceSide::check(options_.devices);
    if (serves_api) AdminSide::check(options_.api, options_.push);
    if (options_.webhook.enabled()) WebhookSide::check(options_.webhook);
    if (options_.http.tls.enabled()) tls_.emplace(options_.http.tls);
    listen(sockets);

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

http::Router& App::api_routes() noexcept { return api_is_apart_ ? api_routes_ : routes_; }

/// Before the storage is opened, which may take its time: clients that come now wait instead of being
/// refused.
void App::listen(const InheritedSockets& sockets) {
    const auto serve = [&](const char* flag, const std::string& address, const http::Router& router,
                           const http::TlsContext* tls) {
        const auto inherited = sockets.find(flag);
        if (inherited == sockets.end()) {
            blame_address(flag, [&] { addresses_.push_back(server_.listen(address, router, tls)); });
            return;
        }
        for (const int socket : inherited->second) addresses_.push_back(server_.adopt(socket, router, tls));
    };
    serve("listen", options_.http.listen, routes_, tls_ ? &tls_->for_devices() : nullptr);

    const auto api_socket = sockets.find("api-listen");
    if (api_socket != sockets.end() && !options_.api.enabled())
        throw Error{Errc::invalid, "a socket was handed over for the API, and there is no API key"};
    api_is_apart_ =
        options_.api.enabled() && (api_socket != sockets.end() || !options_.http.api_listen.empty());
    if (api_is_apart_) {
        const bool is_local = api_socket != sockets.end() ? is_unix_socket(api_socket->second.front())
                                                          : options_.http.api_listen.starts_with("unix:");
        serve("api-listen", options_.http.api_listen, api_routes_,
              tls_ && !is_local ? &tls_->for_api() : nullptr);
    }

    const auto ops_sockets = sockets.find("admin-listen");
    if (ops_sockets == sockets.end() && options_.http.admin_listen.empty()) return;
    blame_address("admin-listen", [&] {
        ops_listener_.emplace(options_.http.admin_listen,
                              ops_sockets == sockets.end() ? std::vector<int>{} : ops_sockets->second, ops_);
    });
    log::info("answering probes", {{"address", ops_listener_->address()}});
}

/// Starts giving signs of life, if somebody waits for them.
void App::watch() {
    if (!notifier_.watchdog()) return;
    watchdog_.emplace(notifier_, *notifier_.watchdog(), [this] {
        return Vitals{.io_beats = server_.io_beats(),
                      .jobs_finished = workers_.finished(),
                      .jobs_wait = workers_.waiting() > 0,
                      .storage_answers = !storage_watch_->trouble()};
    });
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
    watch();
    notifier_.ready("Serving");
    for (auto signal = wait_for_signal(); signal == Signal::reload; signal = wait_for_signal()) reload();

    log::info("shutting down", {{"grace_seconds", std::to_string(options_.http.shutdown_grace.count())}});
    exit_at_once_on_next_signal();
    notifier_.stopping();
    watchdog_.reset();
    ops_.readiness().drain();
    const auto deadline = std::chrono::steady_clock::now() + options_.http.shutdown_grace;
    const LastResort last_resort{deadline + time_to_give_up};
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
    notifier_.reloading();
    again("CA certificates and keys of devices", devices_);
    again("API keys", admins_);
    if (webhook_) again("key of the webhook", webhook_);
    if (tls_) again("TLS certificate", tls_);
    notifier_.ready("Serving");
}

} // namespace nanomdm::app
