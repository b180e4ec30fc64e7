// `/metrics`: what every part of the server has counted, for Prometheus.
#pragma once

#include "http/router.hpp"
#include "metrics/exposition.hpp"

#include <mutex>
#include <vector>

namespace nanomdm::http {

/// Thread-safe.
class MetricsEndpoint {
public:
    /// Asked at every scrape from now on, in the order added; what it refers to must outlive the last one.
    void add(metrics::Source source);

    /// @param admit empty: everybody may look
    void add_routes(Router& router, Admission admit);

private:
    [[nodiscard]] HttpResponse scrape();

    std::mutex mutex_; ///< also: one scrape at a time
    std::vector<metrics::Source> sources_;
};

} // namespace nanomdm::http
