// The MySQL storage as the command line describes it.
#pragma once

#include "app/storage_factory.hpp"

namespace nanomdm::app {

/// Refuses to run on a schema that is not current, unless told to migrate it.
/// @throws UsageError, Error
[[nodiscard]] OpenedStorage open_mysql(const StorageOptions& options);
/// The size of the pool of connections. @throws UsageError
[[nodiscard]] unsigned mysql_connections(const StorageOptions& options);
/// @throws UsageError, Error
void migrate_mysql(const StorageOptions& options);

} // namespace nanomdm::app
