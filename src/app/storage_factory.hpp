// Opens the storage backend that the command line names.
#pragma once

#include "app/options.hpp"
#include "metrics/exposition.hpp"
#include "nanomdm/storage/storage.hpp"

#include <cstdint>
#include <limits>
#include <memory>

namespace nanomdm::storage {
class MultiStorage;
}

namespace nanomdm::app {

/// Of one backend, or of several as one.
struct OpenedStorage {
    std::unique_ptr<AllStorage> store;
    /// Bytes of one message or command at most.
    std::uint64_t largest_message = std::numeric_limits<std::uint64_t>::max();
    storage::MultiStorage* multi = nullptr; ///< `store`, when there are several
    metrics::Source collect = nullptr;      ///< what the backend has to say beyond its operations
};

/// Opens them all; those behind the first may be out of reach, and then are opened as soon as they are there.
/// @throws UsageError for an unknown backend or option, Error when a backend cannot be opened.
[[nodiscard]] OpenedStorage open_storages(const std::vector<StorageOptions>& options);

/// For reading what is there: a storage that does not exist is not made.
/// @throws as open_storages().
[[nodiscard]] std::unique_ptr<AllStorage> open_source_storage(const StorageOptions& options);

/// How many threads of storage work there should be. @param wanted 0: what suits the backend.
/// @throws UsageError
[[nodiscard]] unsigned suitable_workers(const StorageOptions& options, unsigned wanted);

/// `-check`: prints every finding on standard output. @return whether there was none.
[[nodiscard]] bool check_storage(const std::vector<StorageOptions>& options);

/// `-migrate-schema`: says on standard output what is done. @throws UsageError, Error
void migrate_storage_schema(const std::vector<StorageOptions>& options);

} // namespace nanomdm::app
