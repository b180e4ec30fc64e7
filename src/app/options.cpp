// From argv to Options: arguments in Go's spelling, then environment and configuration file, then conversion.
#include "app/options.hpp"

#include "app/config_file.hpp"
#include "app/flags.hpp"
#include "app/units.hpp"
#include "nanomdm/error.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>

namespace nanomdm::app {
namespace {

bool is_boolean(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

std::string spelling(const CLI::Option& option) {
    return option.get_name().substr(1);
} // one dash, as documented

/// Gives an option a value, whatever the value looks like: the library's own reading of a command line would
/// take an empty one for a missing one, and the next flag for it.
void give(CLI::Option& option, const std::string& value) try {
    option.add_result(is_boolean(option) ? (parse_boolean(value) ? "true" : "false") : value);
} catch (const Error& error) {
    throw UsageError{spelling(option) + ": " + error.what()};
}

/// NanoMDM's flags are Go's: one dash or two, a value after `=` or in the next argument.
void give_arguments(const CLI::App& cli, int argc, const char* const* argv) {
    for (int i = 1; i < argc; ++i) {
        std::string_view argument{argv[i]};
        if (argument.size() < 2 || argument.front() != '-')
            throw UsageError{"unexpected argument \"" + std::string{argument} + "\""};
        argument.remove_prefix(argument.starts_with("--") ? 2 : 1);
        const auto equals = argument.find('=');
        std::string name{argument.substr(0, equals)};
        if (name == "h") name = "help";
        auto* option = const_cast<CLI::Option*>(cli.get_option_no_throw("--" + name));
        if (option == nullptr) throw UsageError{"-" + name + ": no such flag; see -help"};
        if (equals != std::string_view::npos)
            give(*option, std::string{argument.substr(equals + 1)});
        else if (option->get_items_expected_min() == 0) // its value, if any, follows `=`
            give(*option, "true");
        else if (++i < argc)
            give(*option, argv[i]);
        else
            throw UsageError{"-" + name + ": missing value"};
    }
}

/// Fills what no flag has set. An empty variable counts as not set.
void give_environment(CLI::App& cli) {
    for (auto* option : cli.get_options()) {
        if (option->count() > 0 || option->get_envname().empty()) continue;
        const char* value = std::getenv(option->get_envname().c_str());
        if (value != nullptr && *value != '\0') give(*option, value);
    }
}

/// Fills what neither a flag nor the environment has set.
void give_config_file(CLI::App& cli, const std::string& path) {
    for (const auto& [key, values] : parse_config(path, read_file("config", path))) {
        auto* option = cli.get_option_no_throw("--" + key);
        if (option == nullptr) throw UsageError{"-config: " + path + ": unknown key \"" + key + "\""};
        if (option->count() > 0) continue;
        for (const auto& value : values) give(*option, value);
    }
}

/// Converts and checks what was given; the library's complaint becomes one line that names the flag.
void apply(CLI::App& cli) {
    for (auto* option : cli.get_options()) {
        if (option->count() == 0) continue;
        try {
            option->run_callback();
        } catch (const CLI::Error& error) {
            std::string why = error.what();
            std::ranges::replace(why, '\n', ' ');
            const auto prefix = option->get_name() + ": ";
            if (why.starts_with(prefix)) why.erase(0, prefix.size());
            throw UsageError{spelling(*option) + ": " + why};
        }
    }
}

void check_tls(const TlsOptions& tls, const DeviceOptions& devices) {
    if (tls.certificate_file.empty() != tls.key_file.empty())
        throw UsageError{tls.enabled() ? "-tls-key: missing; -tls-cert needs it"
                                       : "-tls-cert: missing; -tls-key needs it"};
    if (tls.signature && !tls.enabled()) throw UsageError{"-tls-signature: needs -tls-cert"};
    if (tls.enabled() && !devices.cert_header.empty())
        throw UsageError{"-cert-header: not with -tls-cert: every client could set it"};
}

void check_combinations(const Options& options) {
    if (options.mode != Options::Mode::serve) return;
    check_tls(options.http.tls, options.devices);
    if (options.devices.disabled && !options.api.enabled()) throw UsageError{"-disable-mdm: needs -api"};
    if (options.api.migration && !options.api.enabled()) throw UsageError{"-migration: needs -api"};
    if (!options.devices.disabled && options.devices.ca_file.empty())
        throw UsageError{"-ca: missing; needed to verify devices"};
}

} // namespace

Options parse_options(int argc, const char* const* argv) {
    Options options;
    StorageFlags storage_flags;
    CLI::App cli;
    define_flags(cli, options, storage_flags);
    give_arguments(cli, argc, argv);
    give_environment(cli);
    if (const auto* config = cli.get_option("--config"); config->count() > 0)
        give_config_file(cli, config->results().back());
    apply(cli);
    options.storages = storages(storage_flags);
    std::erase(options.api.keys, ""); // as in NanoMDM, an empty key is none
    if (options.log.debug) options.log.level = "debug";
    check_combinations(options);
    options.devices.client_certificates = options.http.tls.enabled() && !options.http.tls.signature;
    return options;
}

std::string help_text() {
    Options options;
    StorageFlags storages;
    CLI::App cli;
    define_flags(cli, options, storages);
    std::ostringstream out;
    out << "nanomdm: Apple MDM protocol server\n\n"
           "Usage: nanomdm -ca FILE [-api KEY] [flag]...\n\n"
           "Flags take one dash or two, values follow after a blank or \"=\". What no flag says is looked up "
           "in\n"
           "the environment variable beside it, then in the file of -config. docs/operations.md tells "
           "more.\n";
    std::string heading;
    for (const auto* option : cli.get_options()) {
        if (option->get_group() != heading) out << '\n' << (heading = option->get_group()) << ":\n";
        out << "  -" << option->get_name().substr(2) << (is_boolean(*option) ? "" : " VALUE");
        if (const auto variable = option->get_envname(); !variable.empty()) {
            out << "   " << variable << (std::getenv(variable.c_str()) != nullptr ? " (set)" : " (not set)");
            if (!option->get_default_str().empty()) out << ", default " << option->get_default_str();
        }
        out << "\n        " << option->get_description() << '\n';
    }
    return out.str();
}

std::string read_file(const std::string& flag, const std::string& path) {
    try {
        std::ifstream file{path, std::ios::binary};
        file.exceptions(std::ios::badbit);
        if (!file) throw std::ios_base::failure{"not opened"};
        return {std::istreambuf_iterator<char>{file}, {}}; // throws for a directory
    } catch (const std::ios_base::failure&) {
        throw UsageError{"-" + flag + ": cannot read " + path};
    }
}

std::string read_secret(const std::string& flag, const std::string& path, const char* what) {
    auto secret = read_file(flag, path);
    while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
    if (secret.empty()) throw UsageError{"-" + flag + ": no " + what + " in " + path};
    return secret;
}

std::vector<std::string> api_keys(const ApiOptions& options) {
    auto keys = options.keys;
    if (!options.key_file.empty()) {
        std::istringstream lines{read_file("api-file", options.key_file)};
        for (std::string line; std::getline(lines, line);) {
            if (!line.empty() && line.back() == '\r') line.pop_back();
            if (!line.empty()) keys.push_back(line);
        }
        if (keys.empty()) throw UsageError{"-api-file: no key in " + options.key_file};
    }
    return keys;
}

} // namespace nanomdm::app
