// The only place that knows which backends there are.
#include "app/storage_factory.hpp"

#include "app/file_backend.hpp"
#include "app/mysql_backend.hpp"
#include "app/storage_settings.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"
#include "storage/inmem/inmem_storage.hpp"
#include "storage/multi/multi_storage.hpp"

#include <algorithm>
#include <iostream>

namespace nanomdm::app {
namespace {

/// The backend's name, checked, and the DSN itself rather than the file that holds it.
StorageOptions resolved(const StorageOptions& options) {
    auto storage = options;
    if (!options.dsn_file.empty()) storage.dsn = read_secret("storage-dsn-file", options.dsn_file, "DSN");
    if (storage.backend == "filekv") {
        throw UsageError{"-storage: filekv is NanoMDM's; bring such a directory in with: nanomdm "
                         "-storage file -storage-dsn NEWDIR -import-nanomdm filekv:DIR"};
    }
    if (storage.backend != "file" && storage.backend != "mysql" && storage.backend != "inmem")
        throw UsageError{"-storage: unknown backend \"" + storage.backend + "\""};
    return storage;
}

/// Those of one backend.
std::vector<StorageOptions> of_backend(const std::string& backend, const std::vector<StorageOptions>& all) {
    std::vector<StorageOptions> some;
    for (const auto& options : all) {
        auto storage = resolved(options);
        if (storage.backend == backend) some.push_back(std::move(storage));
    }
    return some;
}

OpenedStorage open_storage(const StorageOptions& options) {
    const auto storage = resolved(options);
    if (storage.backend == "file") return open_file(storage);
    if (storage.backend == "mysql") return open_mysql(storage);
    StorageSettings{storage.settings}.expect_none_left("inmem");
    return {.store = std::make_unique<storage::InMemStorage>()};
}

/// @param number of the storage on the command line, from 1
std::unique_ptr<storage::multi::Follower> follow(const StorageOptions& options, std::size_t number) {
    const auto name = std::to_string(number) + " (" + options.backend + ")";
    std::unique_ptr<AllStorage> store;
    try {
        store = open_storage(options).store;
    } catch (const Error& error) {
        if (error.code() != Errc::unavailable) throw;
        log::error("a storage that gets every write cannot be opened yet; writes wait for it",
                   {{"storage", name}, {"err", error.what()}});
    }
    return std::make_unique<storage::multi::Follower>(
        name, std::move(store), [options] { return open_storage(options).store; },
        storage::multi::FollowerOptions{});
}

} // namespace

OpenedStorage open_storages(const std::vector<StorageOptions>& options) {
    auto first = open_storage(options.front());
    if (options.size() == 1) return first;
    std::vector<std::unique_ptr<storage::multi::Follower>> followers;
    for (std::size_t i = 1; i < options.size(); ++i) followers.push_back(follow(options[i], i + 1));
    auto multi = std::make_unique<storage::MultiStorage>(std::move(first.store), std::move(followers));
    auto* const itself = multi.get();
    return {.store = std::move(multi),
            .largest_message = first.largest_message,
            .multi = itself,
            .collect = std::move(first.collect)};
}

std::unique_ptr<AllStorage> open_source_storage(const StorageOptions& options) {
    const auto storage = resolved(options);
    if (storage.backend == "inmem") throw UsageError{"-export-to: the inmem storage holds nothing to export"};
    if (storage.backend == "mysql") return open_mysql(storage).store;
    return open_existing_file(storage).store;
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

bool check_storage(const std::vector<StorageOptions>& options) {
    const auto storages = of_backend("file", options);
    if (storages.empty()) throw UsageError{"-check: only the file storage can be checked"};
    std::vector<std::string> findings;
    for (const auto& storage : storages) {
        for (const auto& finding : check_file(storage)) {
            std::cout << finding << '\n';
            findings.push_back(finding);
        }
    }
    std::cout << (findings.empty() ? "no findings" : std::to_string(findings.size()) + " findings") << '\n';
    return findings.empty();
}

void migrate_storage_schema(const std::vector<StorageOptions>& options) {
    const auto storages = of_backend("mysql", options);
    if (storages.empty()) throw UsageError{"-migrate-schema: only the mysql storage has a schema"};
    for (const auto& storage : storages) migrate_mysql(storage);
}

} // namespace nanomdm::app
