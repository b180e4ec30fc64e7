#include "http/ops/metrics_endpoint.hpp"

#include <utility>

namespace nanomdm::http {

void MetricsEndpoint::add(metrics::Source source) {
    const std::lock_guard lock{mutex_};
    sources_.push_back(std::move(source));
}

/// On the wide lane: workers that wait for a hanging storage must not keep anybody from seeing that they do.
void MetricsEndpoint::add_routes(Router& router, Admission admit) {
    router.add({.path = "/metrics",
                .methods = {"GET"},
                .lane = Lane::upstream,
                .handler = [this](HttpRequest&) { return scrape(); },
                .admit = std::move(admit)});
}

HttpResponse MetricsEndpoint::scrape() {
    metrics::Exposition exposition;
    const std::lock_guard lock{mutex_};
    for (const auto& source : sources_) source(exposition);
    return {.status = 200,
            .body = exposition.text(),
            .content_type = std::string{metrics::Exposition::content_type}};
}

} // namespace nanomdm::http
