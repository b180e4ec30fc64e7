// The first `-storage` goes with the first `-storage-dsn`, and so on.
#include "app/storage_flags.hpp"

namespace nanomdm::app {
namespace {

/// The values of one flag, one for each storage. A single storage needs none.
std::vector<std::string> matching(const char* flag, std::vector<std::string> values, std::size_t storages) {
    if (values.empty()) values.resize(storages);
    if (values.size() == storages) return values;
    throw UsageError{std::string{flag} + ": given " + std::to_string(values.size()) + " times for " +
                     std::to_string(storages) + (storages == 1 ? " storage" : " storages")};
}

/// A storage that followed itself would find itself in use.
void refuse_twins(const std::vector<StorageOptions>& storages) {
    for (std::size_t later = 1; later < storages.size(); ++later) {
        for (std::size_t i = 0; i < later; ++i) {
            const auto& one = storages[i];
            const auto& other = storages[later];
            if (one.backend == "inmem" || one.backend != other.backend) continue;
            if (one.dsn == other.dsn && one.dsn_file == other.dsn_file)
                throw UsageError{"-storage: the same " + one.backend + " storage twice"};
        }
    }
}

} // namespace

std::vector<StorageOptions> storages(const StorageFlags& flags) {
    auto backends = flags.backends;
    const bool chosen = !backends.empty();
    if (!chosen) backends.emplace_back("file");
    const auto count = backends.size();
    const auto dsns = matching("-storage-dsn", flags.dsns.empty() ? flags.older_dsns : flags.dsns, count);
    const auto dsn_files = matching("-storage-dsn-file", flags.dsn_files, count);
    const auto settings = matching("-storage-options", flags.settings, count);

    std::vector<StorageOptions> storages;
    for (std::size_t i = 0; i < count; ++i) {
        storages.push_back({.backend = backends[i],
                            .dsn = dsns[i],
                            .dsn_file = dsn_files[i],
                            .settings = settings[i],
                            .chosen = chosen,
                            .migrate_schema = flags.migrate_schema});
    }
    refuse_twins(storages);
    return storages;
}

} // namespace nanomdm::app
