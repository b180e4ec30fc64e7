// The authentication proxy as the command line describes it.
#pragma once

#include "app/options.hpp"
#include "nanomdm/storage/cert_auth_store.hpp"

#include <memory>

namespace nanomdm::http {
class IdentitySource;
class Router;
} // namespace nanomdm::http

namespace nanomdm::app {

class AuthProxySide {
public:
    /// @throws UsageError when the URL cannot be used.
    static void check(const DeviceOptions& options);

    /// @throws UsageError
    AuthProxySide(const DeviceOptions& options, http::IdentitySource& identity, CertAuthStore& certificates);
    ~AuthProxySide();

    void add_routes(http::Router& router);
    /// Cuts what is being passed on; call it when no more requests come.
    void stop() noexcept;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace nanomdm::app
