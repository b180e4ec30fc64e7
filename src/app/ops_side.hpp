// What whoever runs the server asks it: the endpoints of src/http/ops, composed.
#pragma once

#include "http/ops/health_endpoint.hpp"
#include "http/ops/metrics_endpoint.hpp"
#include "http/ops/readiness.hpp"
#include "http/router.hpp"

#include <optional>

namespace nanomdm::app {

/// Must outlive the servers that its routes are given to.
class OpsSide {
public:
    /// @param admission to /metrics; nullopt: there is no /metrics
    void add_routes(http::Router& router, std::optional<http::Admission> admission) {
        health_.add_routes(router);
        if (admission) metrics_.add_routes(router, std::move(*admission));
    }
    [[nodiscard]] http::Readiness& readiness() noexcept { return readiness_; }
    [[nodiscard]] http::MetricsEndpoint& metrics() noexcept { return metrics_; }

private:
    http::Readiness readiness_;
    http::HealthEndpoint health_{readiness_};
    http::MetricsEndpoint metrics_;
};

} // namespace nanomdm::app
