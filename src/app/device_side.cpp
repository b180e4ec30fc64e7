// The composition of the device side, from the storage outwards. Read it bottom-up as a request does.
#include "app/device_side.hpp"

#include "crypto/identity_verifier.hpp"
#include "http/mdm/device_endpoint.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"
#include "service/cert_auth.hpp"
#include "service/core.hpp"
#include "service/dump.hpp"

#include <iostream>

namespace nanomdm::app {
namespace {

TrustOptions read_trust(const DeviceOptions& options) {
    TrustOptions trust;
    trust.ca_pem = read_file("ca", options.ca_file);
    if (!options.intermediate_file.empty())
        trust.intermediate_pem = read_file("intermediate", options.intermediate_file);
    trust.skew = options.signature_skew;
    return trust;
}

/// A CA file that does not parse is the command line's fault.
template <class Use> decltype(auto) with_trust(const DeviceOptions& options, Use use) try {
    return use(read_trust(options));
} catch (const Error& error) {
    throw UsageError{std::string{"-ca: "} + error.what()};
}

std::unique_ptr<http::IdentitySource> identity_source(const DeviceOptions& options,
                                                      IdentityVerifier& verifier) {
    if (options.cert_header.empty()) return std::make_unique<http::SignatureIdentity>(verifier);
    return std::make_unique<http::HeaderIdentity>(verifier, options.cert_header);
}

} // namespace

/// dump → cert-auth → core → storage. The webhook will join core behind cert-auth, declarative
/// management and token sources will be what core asks.
struct DeviceSide::Parts {
    Parts(const DeviceOptions& options, AllStorage& storage)
        : verifier{with_trust(
              options, [](const TrustOptions& trust) { return std::make_unique<IdentityVerifier>(trust); })},
          core{storage,
               storage,
               storage,
               {.user_authenticate_zero_length_digest_challenge = options.zero_length_digest_challenge}},
          cert_auth{core,
                    storage,
                    {.retro = options.retro,
                     .warn_only = options.cert_auth_warn_only,
                     .renewal = options.cert_renewal}},
          dump{cert_auth, std::cout}, identity{identity_source(options, *verifier)},
          endpoint{options.dump ? static_cast<Service&>(dump) : cert_auth, *identity} {}

    std::unique_ptr<IdentityVerifier> verifier;
    service::Core core;
    service::CertAuth cert_auth;
    service::Dump dump;
    std::unique_ptr<http::IdentitySource> identity;
    http::DeviceEndpoint endpoint;
};

DeviceSide::DeviceSide(const DeviceOptions& options, AllStorage& storage)
    : options_{options}, parts_{std::make_unique<Parts>(options, storage)} {}

DeviceSide::~DeviceSide() = default;

void DeviceSide::add_routes(http::Router& router) {
    parts_->endpoint.add_routes(router, options_.separate_check_in);
}

void DeviceSide::reload() {
    with_trust(options_, [this](const TrustOptions& trust) { parts_->verifier->reload(trust); });
}

} // namespace nanomdm::app
