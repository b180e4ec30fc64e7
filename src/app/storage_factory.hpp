// Opens the storage backend that the command line names.
#pragma once

#include "app/options.hpp"
#include "nanomdm/storage/storage.hpp"

#include <memory>

namespace nanomdm::app {

/// @throws UsageError for an unknown backend or option, Error when the backend cannot be opened.
[[nodiscard]] std::unique_ptr<AllStorage> open_storage(const StorageOptions& options);

/// How many threads of storage work suit the backend.
[[nodiscard]] unsigned suitable_workers(const StorageOptions& options);

/// `-check`: prints every finding on standard output. @return whether there was none.
[[nodiscard]] bool check_storage(const StorageOptions& options);

} // namespace nanomdm::app
