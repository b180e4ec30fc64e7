// Reads TOML by toml++; everything else about flags happens in options.cpp.
#include "app/config_file.hpp"

#include "app/options.hpp"

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

namespace nanomdm::app {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
    throw UsageError{"-config: " + path + ": " + why};
}

std::string scalar(const toml::node& node, const std::string& path, const std::string& key) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* boolean = node.as_boolean()) return boolean->get() ? "true" : "false";
    refuse(path, "the value of \"" + key + "\" is neither a string, an integer nor a boolean");
}

} // namespace

ConfigFile parse_config(const std::string& path, const std::string& text) try {
    ConfigFile config;
    for (const auto& [name, node] : toml::parse(text)) {
        const std::string key{name.str()};
        auto& values = config[key];
        if (const auto* array = node.as_array()) {
            for (const auto& element : *array) values.push_back(scalar(element, path, key));
        } else {
            values.push_back(scalar(node, path, key));
        }
    }
    return config;
} catch (const toml::parse_error& error) {
    refuse(path,
           "line " + std::to_string(error.source().begin.line) + ": " + std::string{error.description()});
}

} // namespace nanomdm::app
