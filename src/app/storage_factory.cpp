// The only place that knows which backends there are.
#include "app/storage_factory.hpp"

#include "app/file_backend.hpp"
#include "app/mysql_backend.hpp"
#include "app/storage_settings.hpp"
#include "log/log.hpp"
#include "storage/inmem/inmem_storage.hpp"

#include <algorithm>
#include <iostream>

namespace nanomdm::app {
namespace {

/// The backend's name, checked, and the DSN itself rather than the file that holds it.
StorageOptions resolved(const StorageOptions& options) {
    auto storage = options;
    if (!options.dsn_file.empty()) {
        storage.dsn = read_file("storage-dsn-file", options.dsn_file);
        while (!storage.dsn.empty() && (storage.dsn.back() == '\n' || storage.dsn.back() == '\r'))
            storage.dsn.pop_back();
    }
    if (storage.backend == "filekv") {
        throw UsageError{"-storage: filekv is NanoMDM's; bring such a directory in with: nanomdm "
                         "-storage file -storage-dsn NEWDIR -import-nanomdm filekv:DIR"};
    }
    if (storage.backend != "file" && storage.backend != "mysql" && storage.backend != "inmem")
        throw UsageError{"-storage: unknown backend \"" + storage.backend + "\""};
    return storage;
}

} // namespace

OpenedStorage open_storage(const StorageOptions& options) {
    const auto storage = resolved(options);
    if (storage.backend == "file") return open_file(storage);
    if (storage.backend == "mysql") return open_mysql(storage);
    StorageSettings{storage.settings}.expect_none_left("inmem");
    return {.store = std::make_unique<storage::InMemStorage>()};
}

unsigned suitable_workers(const StorageOptions& options, unsigned wanted) {
    const auto storage = resolved(options);
    if (storage.backend == "mysql") {
        // A worker without a connection would only hold up the queue in which requests wait for a worker.
        const auto connections = mysql_connections(storage);
        if (wanted > connections)
            log::warning("-workers is more than the pool of connections; workers are limited to it",
                         {{"workers", std::to_string(wanted)}, {"pool", std::to_string(connections)}});
        return wanted == 0 ? connections : std::min(wanted, connections);
    }
    // A worker of the file store waits for the flush it shares with the others: more of them make larger
    // groups.
    constexpr unsigned for_shared_flushes = 32;
    constexpr unsigned for_memory = 4;
    if (wanted != 0) return wanted;
    return storage.backend == "file" ? for_shared_flushes : for_memory;
}

bool check_storage(const StorageOptions& options) {
    const auto storage = resolved(options);
    if (storage.backend != "file") throw UsageError{"-check: only the file storage can be checked"};
    const auto findings = check_file(storage);
    for (const auto& finding : findings) std::cout << finding << '\n';
    std::cout << (findings.empty() ? "no findings" : std::to_string(findings.size()) + " findings") << '\n';
    return findings.empty();
}

void migrate_storage_schema(const StorageOptions& options) {
    const auto storage = resolved(options);
    if (storage.backend != "mysql") throw UsageError{"-migrate-schema: only the mysql storage has a schema"};
    migrate_mysql(storage);
}

} // namespace nanomdm::app
