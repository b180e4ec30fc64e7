// What /metrics tells of the parts that app/ puts together; docs/monitoring.md explains each name.
#pragma once

#include "http/router.hpp"
#include "http/server.hpp"
#include "http/worker_pool.hpp"
#include "metrics/exposition.hpp"
#include "storage/metered/metered_storage.hpp"

#include <string>
#include <vector>

namespace nanomdm::storage {
class MultiStorage;
}

namespace nanomdm::app {

// All keep references to what they are given.
[[nodiscard]] metrics::Source build_source(const std::string& version);
/// @param routers one path in several of them counts as one endpoint
[[nodiscard]] metrics::Source request_source(std::vector<const http::Router*> routers);
[[nodiscard]] metrics::Source server_source(const http::Server& server, const http::WorkerPool& workers,
                                            const http::WorkerPool& upstream);
[[nodiscard]] metrics::Source storage_source(const storage::MeteredStorage& storage);
/// The storages behind the first.
[[nodiscard]] metrics::Source follower_source(const storage::MultiStorage& storages);

} // namespace nanomdm::app
