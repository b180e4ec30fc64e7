// How the MySQL backend is opened.
#pragma once

#include "storage/mysql/endpoint.hpp"
#include "storage/mysql/pool.hpp"

#include <chrono>

namespace nanomdm::storage {

/// `-storage-dsn` and `-storage-options` of the backend.
struct MySqlOptions {
    mysql::Endpoint endpoint;
    mysql::PoolOptions pool; ///< `pool`, `conn_max_lifetime`, `conn_max_idle_time`
    /// How long an operation is tried again while the database is away; then Errc::unavailable.
    std::chrono::milliseconds patience{5000};
    bool delete_finished = false;      ///< `delete=1`: commands and results go once answered
    std::chrono::seconds retention{0}; ///< `retention`: finished commands and results older go; 0: kept
    std::chrono::milliseconds last_seen_interval{1000}; ///< between two writes of what was heard from
};

} // namespace nanomdm::storage
