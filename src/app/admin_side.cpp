// The composition of the administrators' side, from the storage outwards.
#include "app/admin_side.hpp"

#include "http/api/api.hpp"
#include "http/auth.hpp"
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

/// An administrator waits for the answer: long enough for retries, short of a proxy's patience.
constexpr std::chrono::seconds push_deadline{15};

} // namespace

struct AdminSide::Parts {
    Parts(const ApiOptions& options, const PushOptions& push_options, AllStorage& storage)
        : auth{api_user, api_keys(options)}, apns{storage, apns_options(push_options)},
          push_service{storage, apns, {.deadline = push_deadline}}, delivery{storage, push_service},
          push_certs{storage}, dead_letters{storage}, api{auth, delivery, push_certs, dead_letters} {}

    http::BasicAuth auth;
    push::ApnsClient apns;
    push::PushService push_service;
    service::Delivery delivery;
    http::PushCertEndpoint push_certs;
    http::DeadLetterEndpoint dead_letters;
    http::Api api;
};

AdminSide::AdminSide(const ApiOptions& api, const PushOptions& push, AllStorage& storage)
    : options_{api}, parts_{std::make_unique<Parts>(api, push, storage)} {}

AdminSide::~AdminSide() = default;

void AdminSide::check(const ApiOptions& api, const PushOptions& push) {
    (void)api_keys(api);
    (void)apns_options(push);
}

void AdminSide::add_routes(http::Router& router) { parts_->api.add_routes(router); }

void AdminSide::stop() { parts_->apns.stop(); }

void AdminSide::reload() { parts_->auth.replace_keys(api_keys(options_)); }

} // namespace nanomdm::app
