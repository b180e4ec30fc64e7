// The repeatable flags that name storages, and the storages that they name together.
#pragma once

#include "app/options.hpp"

#include <string>
#include <vector>

namespace nanomdm::app {

/// As given, in the order given.
struct StorageFlags {
    std::vector<std::string> backends = {};
    std::vector<std::string> dsns = {};
    std::vector<std::string> older_dsns = {}; ///< `-dsn`
    std::vector<std::string> dsn_files = {};
    std::vector<std::string> settings = {};
    bool migrate_schema = false;
};

/// @return one for each `-storage`, the default one when there is none.
/// @throws UsageError when the numbers do not match, or one storage is named twice.
[[nodiscard]] std::vector<StorageOptions> storages(const StorageFlags& flags);

} // namespace nanomdm::app
