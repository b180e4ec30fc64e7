// nanomdm: options → App → run.
#include "app/app.hpp"
#include "app/export_mode.hpp"
#include "app/options.hpp"
#include "app/signals.hpp"
#include "app/storage_factory.hpp"
#include "app/systemd.hpp"
#include "app/version.hpp"
#include "http/open_files.hpp"
#include "log/log.hpp"

#include <exception>
#include <iostream>
#include <system_error>

namespace {

using namespace nanomdm;

constexpr int failed = 1;
constexpr int bad_usage = 2;

void configure_log(const app::LogOptions& options) {
    const auto level = options.level == "debug"     ? log::Level::debug
                       : options.level == "warning" ? log::Level::warning
                       : options.level == "error"   ? log::Level::error
                                                    : log::Level::info;
    log::configure(level, options.format == "json" ? log::Format::json : log::Format::text);
}

int run(const app::Options& options) {
    using Mode = app::Options::Mode;
    switch (options.mode) {
    case Mode::show_help:
        std::cout << app::help_text();
        return 0;
    case Mode::show_version:
        std::cout << app::version << '\n';
        return 0;
    case Mode::check_storage:
        return app::check_storage(options.storages) ? 0 : failed;
    case Mode::migrate_schema:
        app::migrate_storage_schema(options.storages);
        return 0;
    case Mode::export_fleet:
        configure_log(options.log);
        return app::export_fleet(options);
    case Mode::serve:
        break;
    }
    app::block_signals();
    configure_log(options.log);
    http::raise_open_file_limit();
    auto notifier = app::Notifier::from_environment();
    return app::App{options, std::move(notifier), app::take_inherited_sockets()}.run();
}

} // namespace

int main(int argc, char** argv) {
    int status = failed;
    try {
        status = run(app::parse_options(argc, argv));
    } catch (const app::UsageError& error) {
        std::cerr << "nanomdm: " << error.what() << '\n';
        status = bad_usage;
    } catch (const std::system_error& error) {
        const bool no_thread = error.code() == std::errc::resource_unavailable_try_again;
        std::cerr << "nanomdm: " << (no_thread ? "cannot start a thread: " : "") << error.what() << '\n';
    } catch (const std::exception& error) {
        std::cerr << "nanomdm: " << error.what() << '\n';
    }
    return status;
}
