// The composition of the administrators' side, from the storage outwards.
#include "app/admin_side.hpp"

#include "http/api/api.hpp"
#include "http/auth.hpp"
#include "http/client/http_client.hpp"
#include "nanomdm/error.hpp"
#include "push/apns_client.hpp"
#include "push/push_service.hpp"
#include "service/delivery.hpp"

namespace nanomdm::app {
namespace {

constexpr const char* api_user = "nanomdm";

push::ApnsOptions apns_options(const PushOptions& options) {
    push::ApnsOptions apns;
    apns.url = options.apns_url;
    apns.ca_file = options.apns_ca_file;
    apns.expiration = options.expiration;
    apns.proxy = push::ProxySettings::from_environment();
    if (!options.apns_ca_file.empty()) (void)read_file("apns-ca", options.apns_ca_file);
    try {
        (void)push::parse_apns_url(apns.url);
    } catch (const Error& error) {
        throw UsageError{std::string{"-apns-url: "} + error.what()};
    }
    return apns;
}

void check_escrow_url(const ApiOptions& options) {
    try {
        (void)http::origin_of(options.escrow_url);
    } catch (const Error& error) {
        throw UsageError{std::string{"-escrow-url: "} + error.what()};
    }
}

/// An administrator waits for the answer: long enough for retries, short of a proxy's patience.
constexpr std::chrono::seconds push_deadline{15};

} // namespace

struct AdminSide::Parts {
    Parts(const ApiOptions& options, const PushOptions& push_options, service::CoreOptions core_options,
          AllStorage& storage)
        : auth{api_user, api_keys(options)}, apns{storage, apns_options(push_options)},
          push_service{storage, apns, {.deadline = push_deadline}}, delivery{storage, push_service},
          push_certs{storage}, dead_letters{storage}, escrow{storage, escrow_client, options.escrow_url},
          core{storage, storage, storage, core_options}, migration{core},
          api{auth, delivery, push_certs, dead_letters, escrow, options.migration ? &migration : nullptr} {}

    http::BasicAuth auth;
    push::ApnsClient apns;
    push::PushService push_service;
    service::Delivery delivery;
    http::PushCertEndpoint push_certs;
    http::DeadLetterEndpoint dead_letters;
    http::HttpClient escrow_client{
        {.max_idle = 0}}; ///< a request over a stale connection would be sent twice
    http::EscrowEndpoint escrow;
    service::Core core; ///< without sources: /migration asks nobody
    http::MigrationEndpoint migration;
    http::Api api;
};

AdminSide::AdminSide(const ApiOptions& api, const PushOptions& push, service::CoreOptions core,
                     AllStorage& storage)
    : options_{api}, parts_{std::make_unique<Parts>(api, push, core, storage)} {}

AdminSide::~AdminSide() = default;

void AdminSide::check(const ApiOptions& api, const PushOptions& push) {
    (void)api_keys(api);
    (void)apns_options(push);
    check_escrow_url(api);
}

void AdminSide::add_routes(http::Router& router) { parts_->api.add_routes(router); }

http::Admission AdminSide::admission() const { return parts_->auth.admission(); }

void AdminSide::collect(metrics::Exposition& exposition) const {
    const auto& apns = parts_->apns.statistics();
    const auto counter = [&](const char* name, const char* help, const std::atomic<std::uint64_t>& value) {
        exposition.counter(name, help, static_cast<double>(value.load()));
    };
    exposition.gauge("nanomdm_apns_connections", "Connections to APNs, those being made too.",
                     static_cast<double>(apns.connections.load()));
    exposition.gauge("nanomdm_apns_streams", "Notifications that wait for APNs' answer.",
                     static_cast<double>(apns.in_flight.load()));
    counter("nanomdm_apns_connections_opened_total", "Connections to APNs begun.", apns.connections_opened);
    counter("nanomdm_apns_connection_failures_total", "Connections to APNs that failed or were cut.",
            apns.connection_failures);
    counter("nanomdm_apns_goaways_total", "GOAWAY frames from APNs.", apns.goaways);
    counter("nanomdm_apns_retries_total", "Notifications sent to APNs once more.", apns.retries);

    const char* const notifications = "nanomdm_push_notifications_total";
    const char* const about = "Notifications by how they ended.";
    parts_->apns.visit_topics([&](const Topic& topic, const push::TopicStatistics& statistics) {
        for (std::size_t i = 0; i < statistics.outcomes.size(); ++i)
            exposition.counter(notifications, about, statistics.ended[i],
                               {{"topic", topic.str()}, {"outcome", std::string{statistics.outcomes[i]}}});
        exposition.histogram("nanomdm_push_duration_seconds",
                             "From the call to the end of each notification, retries included.",
                             statistics.latency.snapshot(), {{"topic", topic.str()}});
    });
    exposition.counter(notifications, about, apns.without_certificate,
                       {{"topic", "other"}, {"outcome", "no_certificate"}});
    const auto& service = parts_->push_service.statistics();
    const char* const skipped = "nanomdm_push_skipped_total";
    const char* const why = "IDs that no notification was sent for.";
    exposition.counter(skipped, why, service.no_push_data, {{"reason", "no_push_data"}});
    exposition.counter(skipped, why, service.not_pushable, {{"reason", "not_pushable"}});
}

void AdminSide::stop() {
    parts_->apns.stop();
    parts_->escrow_client.stop();
}

void AdminSide::reload() { parts_->auth.replace_keys(api_keys(options_)); }

} // namespace nanomdm::app
