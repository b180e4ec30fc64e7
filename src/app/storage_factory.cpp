// The only place that knows which backends there are.
#include "app/storage_factory.hpp"

#include "app/units.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"
#include "storage/file/check.hpp"
#include "storage/file/file_storage.hpp"
#include "storage/inmem/inmem_storage.hpp"

#include <filesystem>
#include <iostream>
#include <map>
#include <string_view>

namespace nanomdm::app {
namespace {

using Settings = std::map<std::string, std::string, std::less<>>;

Settings parse_settings(const std::string& text) {
    Settings settings;
    for (std::size_t at = 0; at < text.size();) {
        const auto comma = std::min(text.find(',', at), text.size());
        const auto item = text.substr(at, comma - at);
        const auto equals = item.find('=');
        if (equals == std::string::npos)
            throw UsageError{"-storage-options: \"" + item + "\" is not key=value"};
        settings[item.substr(0, equals)] = item.substr(equals + 1);
        at = comma + 1;
    }
    return settings;
}

std::string dsn_of(const StorageOptions& options) {
    if (options.dsn_file.empty()) return options.dsn;
    auto dsn = read_file("storage-dsn-file", options.dsn_file);
    while (!dsn.empty() && (dsn.back() == '\n' || dsn.back() == '\r')) dsn.pop_back();
    return dsn;
}

std::filesystem::path directory_of(const StorageOptions& options) {
    const auto dsn = dsn_of(options);
    return dsn.empty() ? "db" : dsn;
}

/// Starting empty beside another server's data would refuse a whole fleet.
void refuse_foreign_default(const StorageOptions& options) {
    if (options.chosen || !dsn_of(options).empty()) return;
    if (std::filesystem::is_directory("dbkv")) {
        throw Error{
            Errc::invalid,
            "./dbkv is a NanoMDM filekv store; bring it in with: nanomdm -import-nanomdm filekv:dbkv"};
    }
}

storage::FileOptions file_options(const StorageOptions& options) {
    storage::FileOptions file{.directory = directory_of(options)};
    for (const auto& [key, value] : parse_settings(options.settings)) {
        if (key == "delete")
            file.delete_finished = value == "1";
        else if (key == "retention")
            try {
                file.retention = parse_duration(value);
            } catch (const Error& error) {
                throw UsageError{std::string{"-storage-options: retention: "} + error.what()};
            }
        else if (key == "enable_deprecated")
            log::warning("enable_deprecated has no meaning here: this file store is not deprecated");
        else
            throw UsageError{"-storage-options: unknown option \"" + key + "\" of the file storage"};
    }
    return file;
}

} // namespace

std::unique_ptr<AllStorage> open_storage(const StorageOptions& options) {
    if (options.backend == "inmem") return std::make_unique<storage::InMemStorage>();
    if (options.backend == "filekv") {
        throw UsageError{"-storage: filekv is NanoMDM's; bring such a directory in with: nanomdm "
                         "-storage file -storage-dsn NEWDIR -import-nanomdm filekv:DIR"};
    }
    if (options.backend != "file") throw UsageError{"-storage: unknown backend \"" + options.backend + "\""};
    refuse_foreign_default(options);
    return std::make_unique<storage::FileStorage>(file_options(options));
}

unsigned suitable_workers(const StorageOptions& options) {
    // A worker of the file store waits for the flush it shares with the others: more of them make larger
    // groups.
    constexpr unsigned for_shared_flushes = 32;
    constexpr unsigned for_memory = 4;
    return options.backend == "file" ? for_shared_flushes : for_memory;
}

bool check_storage(const StorageOptions& options) {
    if (options.backend != "file") throw UsageError{"-check: only the file storage can be checked"};
    const auto findings = storage::file::check_store(directory_of(options));
    for (const auto& finding : findings)
        std::cout << finding.where << ": " << finding.what << "; repair: " << finding.repair << '\n';
    std::cout << (findings.empty() ? "no findings" : std::to_string(findings.size()) + " findings") << '\n';
    return findings.empty();
}

} // namespace nanomdm::app
