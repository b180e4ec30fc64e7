// The file storage as the command line describes it.
#pragma once

#include "app/storage_factory.hpp"

#include <string>
#include <vector>

namespace nanomdm::app {

/// @throws UsageError, Error
[[nodiscard]] OpenedStorage open_file(const StorageOptions& options);
/// The same, of a store that is there and that no other process has open.
/// @throws UsageError, Error
[[nodiscard]] OpenedStorage open_existing_file(const StorageOptions& options);
/// @return one line per finding: where, what, and how it would be repaired.
[[nodiscard]] std::vector<std::string> check_file(const StorageOptions& options);

} // namespace nanomdm::app
