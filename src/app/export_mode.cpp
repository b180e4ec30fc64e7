// The exporter, composed: storage → exporter → HTTP client → target.
#include "app/export_mode.hpp"

#include "app/storage_factory.hpp"
#include "http/client/http_client.hpp"
#include "log/log.hpp"
#include "migrate/exporter.hpp"
#include "migrate/progress_line.hpp"
#include "nanomdm/error.hpp"

#include <iostream>
#include <memory>

namespace nanomdm::app {
namespace {

constexpr int some_failed = 3;

std::string key_of(const ExportOptions& options) {
    if (options.key_file.empty() == options.key.empty())
        throw UsageError{"-export-to: needs -export-key or -export-key-file"};
    return options.key_file.empty() ? options.key : read_secret("export-key-file", options.key_file);
}

void check_url(const std::string& url) {
    std::string origin;
    try {
        origin = http::origin_of(url);
    } catch (const Error& error) {
        throw UsageError{std::string{"-export-to: "} + error.what()};
    }
    const bool is_local = origin.starts_with("http://127.") || origin.starts_with("http://localhost:") ||
                          origin.starts_with("http://[::1]");
    if (origin.starts_with("http://") && !is_local)
        log::warning("the API key and every token go over the network in the clear", {{"to", origin}});
}

std::unique_ptr<migrate::ExportState> state_of(const ExportOptions& options) try {
    return std::make_unique<migrate::ExportState>(options.state_file, options.url);
} catch (const Error& error) {
    throw UsageError{std::string{"-export-state: "} + error.what()};
}

void summarize(const migrate::ExportTally& tally, bool was_complete) {
    if (was_complete) std::cout << "an earlier run was complete; only what had failed was sent again\n";
    std::cout << "exported: " << tally.devices << " devices, " << tally.users << " users, "
              << tally.unlock_tokens << " unlock tokens, " << tally.bootstrap_tokens << " bootstrap tokens\n"
              << "left out: " << tally.disabled_devices << " disabled devices, " << tally.unfinished_devices
              << " devices that never completed their enrollment, " << tally.disabled_users
              << " disabled users\n"
              << "failed: " << tally.failed << (tally.failed > 0 ? ", see the log for which and why" : "")
              << std::endl;
}

} // namespace

int export_fleet(const Options& options) {
    const auto key = key_of(options.exporting);
    const auto& url = options.exporting.url;
    check_url(url);
    const auto state = state_of(options.exporting);
    const bool was_complete = state->is_complete();
    const auto source = open_source_storage(options.storages.front());

    http::HttpClient client{{.total_time = std::chrono::minutes{2}}};
    migrate::Target target{client, url, key};
    migrate::ExportTally tally;
    migrate::Exporter exporter{{*source, *source, *source}, target, *state, tally};
    try {
        const migrate::ProgressLine line{{.done = "exported", .doing = "exporting"},
                                         [&tally] { return tally.progress(); }};
        exporter.run();
    } catch (...) {
        log::flush();
        summarize(tally, was_complete);
        throw;
    }
    log::flush();
    summarize(tally, was_complete);
    return tally.failed > 0 ? some_failed : 0;
}

} // namespace nanomdm::app
