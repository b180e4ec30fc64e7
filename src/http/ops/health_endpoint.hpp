// `/healthz` and `/readyz`, for load balancers and whoever restarts what has died.
#pragma once

#include "http/ops/readiness.hpp"
#include "http/router.hpp"

namespace nanomdm::http {

/// Both are answered on the I/O thread, so that neither a hanging storage nor a full queue keeps a probe
/// waiting: the one says that the process serves, the other whether it should be given anything to do.
class HealthEndpoint {
public:
    explicit HealthEndpoint(const Readiness& readiness) noexcept : readiness_{readiness} {}

    void add_routes(Router& router);

private:
    const Readiness& readiness_;
};

} // namespace nanomdm::http
