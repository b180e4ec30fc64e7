// The authentication proxy: requests of enrolled devices, passed on to a server that need not know them.
#pragma once

#include "http/client/stream_client.hpp"
#include "http/mdm/identity_source.hpp"
#include "http/router.hpp"
#include "http/upstream/url_prefix.hpp"
#include "nanomdm/storage/cert_auth_store.hpp"

#include <string>

namespace nanomdm::http {

struct AuthProxyOptions {
    std::string url;         ///< requests go below it
    std::string cert_header; ///< that brings the certificate; empty: none does
};

/// Serves `/authproxy/REST`: any method, to the URL's path and REST. Who has no valid certificate that is
/// associated with a device gets 400, never 401. What the other server answers is passed on as it is.
class AuthProxy {
public:
    /// @throws Error{Errc::invalid} unless it is an absolute http or https URL without query and fragment.
    static void check_url(const std::string& url);

    /// @throws as check_url()
    AuthProxy(const AuthProxyOptions& options, IdentitySource& identity, CertAuthStore& certificates,
              StreamClient& client);

    void add_routes(Router& router);

private:
    std::optional<HttpResponse> pass_on(HttpRequest& request, const std::shared_ptr<Stream>& stream);
    [[nodiscard]] EnrollmentId device_of(const HttpRequest& request);
    [[nodiscard]] StreamRequest forwarded(const HttpRequest& request, const EnrollmentId& device) const;

    const UrlPrefix url_;
    const bool has_credentials_;
    const std::string cert_header_;
    IdentitySource& identity_;
    CertAuthStore& certificates_;
    StreamClient& client_;
};

} // namespace nanomdm::http
