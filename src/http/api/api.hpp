// The administrators' REST API: its routes, behind Basic authentication, errors as JSON.
#pragma once

#include "http/api/dead_letter_endpoint.hpp"
#include "http/api/escrow_endpoint.hpp"
#include "http/api/migration_endpoint.hpp"
#include "http/api/push_cert_endpoint.hpp"
#include "http/router.hpp"
#include "service/delivery.hpp"

#include <string>

namespace nanomdm::http {

class BasicAuth;

/// Serves `/v1/…` and `/migration`. Keeps references to what it is given; thread-safe.
class Api {
public:
    /// @param migration null: no such endpoint
    Api(const BasicAuth& auth, service::Delivery& delivery, PushCertEndpoint& push_certs,
        DeadLetterEndpoint& dead_letters, EscrowEndpoint& escrow,
        MigrationEndpoint* migration = nullptr) noexcept
        : auth_{auth}, delivery_{delivery}, push_certs_{push_certs},
          dead_letters_{dead_letters}, escrow_{escrow}, migration_{migration} {}

    void add_routes(Router& router);

private:
    HttpResponse push(const HttpRequest& http);
    HttpResponse enqueue(HttpRequest& http);
    HttpResponse push_many(const HttpRequest& http);
    HttpResponse enqueue_many(HttpRequest& http);

    const BasicAuth& auth_;
    service::Delivery& delivery_;
    PushCertEndpoint& push_certs_;
    DeadLetterEndpoint& dead_letters_;
    EscrowEndpoint& escrow_;
    MigrationEndpoint* migration_;
};

/// `GET /version`, without authentication.
void add_version_route(Router& router, const std::string& version);

} // namespace nanomdm::http
