// The configuration file: TOML whose keys are the flags' names.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace nanomdm::app {

/// The values of each key, as text; more than one where the file has an array.
using ConfigFile = std::map<std::string, std::vector<std::string>>;

/// @throws UsageError for anything that is not TOML (v1.0) of strings, integers, booleans and arrays of
/// strings.
[[nodiscard]] ConfigFile parse_config(const std::string& path, const std::string& text);

} // namespace nanomdm::app
