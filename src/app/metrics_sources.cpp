#include "app/metrics_sources.hpp"

#include "metrics/process.hpp"
#include "storage/multi/multi_storage.hpp"

#include <map>

namespace nanomdm::app {
namespace {

using metrics::Exposition;

/// The requests for one path, of all listeners.
struct Endpoint {
    void add(const http::RequestStatistics& statistics) {
        for (std::size_t status = 0; status < statistics.answers.size(); ++status) {
            if (const auto count = statistics.answers[status].value()) answers[status] += count;
        }
        latency += statistics.latency.snapshot();
    }
    std::map<std::size_t, std::uint64_t> answers;
    metrics::Latency::Snapshot latency;
};

void add_pool(Exposition& exposition, const std::string& name, const http::WorkerPool& pool) {
    const auto gauge = [&](const char* metric, const char* help, std::size_t value) {
        exposition.gauge(metric, help, static_cast<double>(value), {{"pool", name}});
    };
    gauge("nanomdm_worker_queue_depth", "Requests that wait for a thread.", pool.waiting());
    gauge("nanomdm_worker_threads", "Threads that are there.", pool.threads());
    gauge("nanomdm_worker_busy_threads", "Threads that have a request.", pool.busy());
    exposition.counter("nanomdm_worker_jobs_total", "Requests that threads are done with.",
                       static_cast<double>(pool.finished()), {{"pool", name}});
}

} // namespace

metrics::Source build_source(const std::string& version) {
    return [version](Exposition& exposition) {
        exposition.gauge("nanomdm_build_info", "1; the version is in the label.", 1, {{"version", version}});
        metrics::add_process(exposition);
    };
}

metrics::Source request_source(std::vector<const http::Router*> routers) {
    return [routers = std::move(routers)](Exposition& exposition) {
        std::map<std::string, Endpoint> endpoints;
        for (const auto* router : routers) {
            router->visit_statistics([&](const std::string& path, const auto& statistics) {
                endpoints[path.empty() ? "other" : path].add(statistics);
            });
        }
        for (const auto& [path, endpoint] : endpoints) {
            for (const auto& [status, count] : endpoint.answers)
                exposition.counter("nanomdm_http_requests_total", "Requests answered.",
                                   static_cast<double>(count),
                                   {{"endpoint", path}, {"status", std::to_string(status)}});
            exposition.histogram("nanomdm_http_request_duration_seconds",
                                 "From a request's first byte to the last one of its answer.",
                                 endpoint.latency, {{"endpoint", path}});
        }
    };
}

metrics::Source server_source(const http::Server& server, const http::WorkerPool& workers,
                              const http::WorkerPool& upstream) {
    return [&](Exposition& exposition) {
        exposition.gauge("nanomdm_http_connections", "Open connections of devices and administrators.",
                         static_cast<double>(server.open_connections()));
        add_pool(exposition, "worker", workers);
        add_pool(exposition, "upstream", upstream);
    };
}

metrics::Source storage_source(const storage::MeteredStorage& storage) {
    return [&storage](Exposition& exposition) {
        for (std::size_t i = 0; i < storage.operations.size(); ++i) {
            const auto& statistics = storage.statistics()[i];
            const metrics::Labels labels{{"operation", std::string{storage.operations[i]}}};
            exposition.histogram("nanomdm_storage_operation_duration_seconds",
                                 "How long operations of the storage take.", statistics.latency.snapshot(),
                                 labels);
            exposition.counter("nanomdm_storage_operation_failures_total",
                               "Operations of the storage that failed.", statistics.failures, labels);
        }
    };
}

metrics::Source follower_source(const storage::MultiStorage& storages) {
    return [&storages](Exposition& exposition) {
        for (const auto& follower : storages.followers()) {
            const auto statistics = follower->statistics();
            const metrics::Labels labels{{"storage", follower->name()}};
            exposition.counter("nanomdm_storage_follower_written_total",
                               "Writes that a storage behind the first has got.",
                               static_cast<double>(statistics.written), labels);
            exposition.counter("nanomdm_storage_follower_missed_total",
                               "Writes that a storage behind the first will not get.",
                               static_cast<double>(statistics.missed), labels);
            exposition.gauge("nanomdm_storage_follower_backlog_writes",
                             "Writes that wait for a storage behind the first.",
                             static_cast<double>(statistics.waiting), labels);
        }
    };
}

} // namespace nanomdm::app
