// From argv to Options: Go's spelling of flags, then the option library, then the configuration file.
#include "app/options.hpp"

#include "app/flags.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>

namespace nanomdm::app {
namespace {

bool is_boolean(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

/// NanoMDM's flags are Go's: one dash or two, a value after `=` or in the next argument whatever it looks
/// like. Rewrites them to `--name=value`, which the option library reads in just one way.
std::vector<std::string> rewrite(const CLI::App& cli, int argc, const char* const* argv) {
    std::vector<std::string> rewritten;
    for (int i = 1; i < argc; ++i) {
        std::string_view argument{argv[i]};
        if (argument.size() < 2 || argument.front() != '-')
            throw UsageError{"unexpected argument \"" + std::string{argument} + "\""};
        argument.remove_prefix(argument.starts_with("--") ? 2 : 1);
        const auto equals = argument.find('=');
        std::string name{argument.substr(0, equals)};
        if (name == "h") name = "help";
        const auto* option = cli.get_option_no_throw("--" + name);
        if (option == nullptr) throw UsageError{"-" + name + ": no such flag; see -help"};
        std::string value;
        if (equals != std::string_view::npos)
            value = argument.substr(equals + 1);
        else if (is_boolean(*option))
            value = "true";
        else if (++i < argc)
            value = argv[i];
        else
            throw UsageError{"-" + name + ": missing value"};
        rewritten.push_back("--" + name + "=" + value);
    }
    std::ranges::reverse(rewritten); // the library takes arguments from the back
    return rewritten;
}

/// Fills what neither a flag nor the environment has set.
void apply_config_file(CLI::App& cli, const std::string& path) {
    std::istringstream text{read_file("config", path)};
    for (const auto& item : CLI::ConfigTOML{}.from_config(text)) {
        auto* option = item.parents.empty() ? cli.get_option_no_throw("--" + item.name) : nullptr;
        if (option == nullptr)
            throw UsageError{"-config: " + path + ": unknown key \"" + item.fullname() + "\""};
        if (option->count() > 0) continue;
        option->add_result(item.inputs);
        option->run_callback();
    }
}

/// The library's complaint as one line that names the flag as it is documented.
std::string one_line(std::string text) {
    std::ranges::replace(text, '\n', ' ');
    if (text.starts_with("--")) text.erase(0, 1);
    return text;
}

void check_combinations(const Options& options) {
    if (options.mode != Options::Mode::serve) return;
    if (options.devices.disabled && !options.api.enabled()) throw UsageError{"-disable-mdm: needs -api"};
    if (!options.devices.disabled && options.devices.ca_file.empty())
        throw UsageError{"-ca: missing; needed to verify devices"};
}

} // namespace

Options parse_options(int argc, const char* const* argv) {
    Options options;
    CLI::App cli;
    define_flags(cli, options);
    try {
        cli.parse(rewrite(cli, argc, argv));
        if (const auto* config = cli.get_option("--config"); config->count() > 0)
            apply_config_file(cli, config->as<std::string>());
    } catch (const CLI::Error& error) {
        throw UsageError{one_line(error.what())};
    }
    if (options.log.debug) options.log.level = "debug";
    check_combinations(options);
    return options;
}

std::string help_text() {
    Options options;
    CLI::App cli;
    define_flags(cli, options);
    std::ostringstream out;
    out << "nanomdm: Apple MDM protocol server\n\nFlags (one dash or two), each with its environment "
           "variable:\n";
    for (const auto* option : cli.get_options()) {
        out << "\n  -" << option->get_name().substr(2);
        if (!is_boolean(*option)) out << " VALUE";
        out << "\n      " << option->get_description() << '\n';
        const auto variable = option->get_envname();
        if (!variable.empty()) {
            out << "      " << variable
                << (std::getenv(variable.c_str()) != nullptr ? " (set)" : " (not set)");
            if (!option->get_default_str().empty()) out << ", default " << option->get_default_str();
            out << '\n';
        }
    }
    return out.str();
}

std::string read_file(const std::string& flag, const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) throw UsageError{"-" + flag + ": cannot read " + path};
    std::string content{std::istreambuf_iterator<char>{file}, {}};
    if (file.bad()) throw UsageError{"-" + flag + ": cannot read " + path};
    return content;
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
