// The proxy and the client it passes requests on with.
#include "app/auth_proxy_side.hpp"

#include "http/auth_proxy/auth_proxy.hpp"
#include "http/client/stream_client.hpp"
#include "nanomdm/error.hpp"

namespace nanomdm::app {
namespace {

http::StreamClientOptions client_options(const DeviceOptions& options) {
    http::StreamClientOptions client;
    client.most_streams = options.auth_proxy_streams;
    return client;
}

} // namespace

struct AuthProxySide::Parts {
    Parts(const DeviceOptions& options, http::IdentitySource& identity, CertAuthStore& certificates)
        : client{client_options(options)}, proxy{{.url = options.auth_proxy_url,
                                                  .cert_header = options.cert_header},
                                                 identity,
                                                 certificates,
                                                 client} {}

    http::StreamClient client;
    http::AuthProxy proxy;
};

void AuthProxySide::check(const DeviceOptions& options) try {
    if (!options.auth_proxy_url.empty()) http::AuthProxy::check_url(options.auth_proxy_url);
} catch (const Error& error) {
    // without the URL, which may hold secrets
    throw UsageError{std::string{"-auth-proxy-url: "} + error.what()};
}

AuthProxySide::AuthProxySide(const DeviceOptions& options, http::IdentitySource& identity,
                             CertAuthStore& certificates)
    : parts_{std::make_unique<Parts>(options, identity, certificates)} {}

AuthProxySide::~AuthProxySide() = default;

void AuthProxySide::add_routes(http::Router& router) { parts_->proxy.add_routes(router); }

void AuthProxySide::stop() noexcept { parts_->client.stop(); }

} // namespace nanomdm::app
