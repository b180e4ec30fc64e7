// The composition of the device side, from the storage outwards. Read it bottom-up as a request does.
#include "app/device_side.hpp"

#include "app/auth_proxy_side.hpp"
#include "app/core_options.hpp"
#include "app/device_sources.hpp"
#include "app/webhook_side.hpp"
#include "crypto/identity_verifier.hpp"
#include "http/mdm/device_endpoint.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"
#include "service/cert_auth.hpp"
#include "service/core.hpp"
#include "service/counted.hpp"
#include "service/dump.hpp"

#include <iostream>
#include <optional>

namespace nanomdm::app {
namespace {

/// Runs `use`, a failure of which is the fault of the file that `flag` names.
template <class Use> void blame(const char* flag, Use use) {
    try {
        use();
    } catch (const Error& error) {
        throw UsageError{std::string{"-"} + flag + ": " + error.what()};
    }
}

/// Both files, known to parse.
TrustOptions read_trust(const DeviceOptions& options) {
    TrustOptions trust;
    trust.skew = options.signature_skew;
    trust.ca_pem = read_file("ca", options.ca_file);
    blame("ca", [&] { IdentityVerifier{trust}; });
    if (!options.intermediate_file.empty()) {
        trust.intermediate_pem = read_file("intermediate", options.intermediate_file);
        blame("intermediate", [&] { IdentityVerifier{trust}; });
    }
    return trust;
}

std::unique_ptr<http::IdentitySource> identity_source(const DeviceOptions& options,
                                                      IdentityVerifier& verifier) {
    if (options.client_certificates) return std::make_unique<http::TlsIdentity>(verifier);
    if (options.cert_header.empty()) return std::make_unique<http::SignatureIdentity>(verifier);
    return std::make_unique<http::HeaderIdentity>(verifier, options.cert_header);
}

service::CertAuthOptions cert_auth_options(const DeviceOptions& options) {
    return {
        .retro = options.retro, .warn_only = options.cert_auth_warn_only, .renewal = options.cert_renewal};
}

} // namespace

/// dump → counted → cert-auth → webhook → core → storage, and core asks the sources.
struct DeviceSide::Parts {
    Parts(const DeviceOptions& options, unsigned most_waiting, AllStorage& storage, WebhookSide* webhook_side)
        : verifier{read_trust(options)}, sources{options.sources, most_waiting}, core{storage, storage,
                                                                                      storage,
                                                                                      core_options(options),
                                                                                      sources.for_core()},
          webhook{webhook_side != nullptr ? webhook_side->around(core) : nullptr},
          cert_auth{webhook ? static_cast<Service&>(*webhook) : core, storage, cert_auth_options(options)},
          counted{cert_auth, statistics}, dump{counted, std::cout}, identity{identity_source(options,
                                                                                             verifier)},
          endpoint{options.dump ? static_cast<Service&>(dump) : counted, *identity, webhook != nullptr} {
        if (!options.auth_proxy_url.empty()) auth_proxy.emplace(options, *identity, storage);
    }

    IdentityVerifier verifier;
    DeviceSources sources;
    service::Core core;
    std::unique_ptr<service::Webhook> webhook;
    service::CertAuth cert_auth;
    service::DeviceStatistics statistics;
    service::Counted counted;
    service::Dump dump;
    std::unique_ptr<http::IdentitySource> identity;
    http::DeviceEndpoint endpoint;
    std::optional<AuthProxySide> auth_proxy;
};

DeviceSide::DeviceSide(const DeviceOptions& options, unsigned most_waiting, AllStorage& storage,
                       WebhookSide* webhook)
    : options_{options}, parts_{std::make_unique<Parts>(options, most_waiting, storage, webhook)} {}

DeviceSide::~DeviceSide() = default;

void DeviceSide::add_routes(http::Router& router) {
    parts_->endpoint.add_routes(router, options_.separate_check_in);
    if (parts_->auth_proxy) parts_->auth_proxy->add_routes(router);
}

void DeviceSide::collect(metrics::Exposition& exposition) const {
    const auto& statistics = parts_->statistics;
    for (std::size_t i = 0; i < statistics.check_in_types.size(); ++i)
        exposition.counter("nanomdm_checkins_total", "Check-in messages handled.", statistics.check_ins[i],
                           {{"type", std::string{statistics.check_in_types[i]}}});
    for (std::size_t i = 0; i < statistics.report_statuses.size(); ++i)
        exposition.counter("nanomdm_command_reports_total", "Command reports handled.", statistics.reports[i],
                           {{"status", std::string{statistics.report_statuses[i]}}});
    exposition.counter("nanomdm_command_deliveries_total", "Commands handed to devices.",
                       statistics.deliveries);
    exposition.counter("nanomdm_command_reports_unknown_total",
                       "Reports on commands that are unknown or were cleared.",
                       static_cast<double>(parts_->core.unknown_reports()));
}

void DeviceSide::check(const DeviceOptions& options) {
    (void)read_trust(options);
    DeviceSources::check(options.sources);
    AuthProxySide::check(options);
}

void DeviceSide::stop() noexcept {
    parts_->sources.stop();
    if (parts_->auth_proxy) parts_->auth_proxy->stop();
}

void DeviceSide::reload() {
    const auto trust = read_trust(options_); // before anything changes
    parts_->sources.reload();
    parts_->verifier.reload(trust);
}

} // namespace nanomdm::app
