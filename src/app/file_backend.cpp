#include "app/file_backend.hpp"

#include "app/storage_settings.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"
#include "storage/file/check.hpp"
#include "storage/file/file_storage.hpp"

#include <filesystem>

namespace nanomdm::app {
namespace {

std::filesystem::path directory_of(const StorageOptions& options) {
    return options.dsn.empty() ? "db" : options.dsn;
}

/// Starting empty beside another server's data would refuse a whole fleet.
void refuse_foreign_default(const StorageOptions& options) {
    if (options.chosen || !options.dsn.empty()) return;
    if (std::filesystem::is_directory("dbkv")) {
        throw Error{
            Errc::invalid,
            "./dbkv is a NanoMDM filekv store; bring it in with: nanomdm -import-nanomdm filekv:dbkv"};
    }
}

storage::FileOptions file_options(const StorageOptions& options) {
    storage::FileOptions file{.directory = directory_of(options)};
    StorageSettings settings{options.settings};
    file.delete_finished = settings.take_boolean("delete");
    file.retention = settings.take_duration("retention");
    if (settings.take_boolean("enable_deprecated"))
        log::warning("enable_deprecated has no meaning here: this file store is not deprecated");
    settings.expect_none_left("file");
    return file;
}

} // namespace

OpenedStorage open_file(const StorageOptions& options) {
    refuse_foreign_default(options);
    auto store = std::make_unique<storage::FileStorage>(file_options(options));
    const auto collect = [&store = *store](metrics::Exposition& exposition) {
        exposition.gauge("nanomdm_file_journal_backlog_bytes",
                         "Bytes of the journal that the plain files do not have yet.",
                         static_cast<double>(store.journal_backlog()));
    };
    return {.store = std::move(store), .collect = collect};
}

OpenedStorage open_existing_file(const StorageOptions& options) try {
    auto file = file_options(options);
    file.must_exist = true;
    return {.store = std::make_unique<storage::FileStorage>(std::move(file))};
} catch (const Error& error) {
    if (error.code() != Errc::unavailable) throw;
    throw Error{error.code(),
                std::string{error.what()} +
                    "; a file store is one process's alone: stop the server that serves it first"};
}

std::vector<std::string> check_file(const StorageOptions& options) {
    std::vector<std::string> lines;
    for (const auto& finding : storage::file::check_store(directory_of(options)))
        lines.push_back(finding.where + ": " + finding.what + "; repair: " + finding.repair);
    return lines;
}

} // namespace nanomdm::app
