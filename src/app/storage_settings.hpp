// `-storage-options`: the settings of one backend, "key=value,key=value".
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>

namespace nanomdm::app {

/// Each setting is taken out by the backend that knows it; what is left at the end is a mistake.
class StorageSettings {
public:
    /// @throws UsageError for an item without `=`.
    explicit StorageSettings(const std::string& text);

    // All of these @throw UsageError for a value that does not fit.
    [[nodiscard]] bool take_boolean(const std::string& key);
    [[nodiscard]] std::optional<std::chrono::seconds> take_duration(const std::string& key);
    [[nodiscard]] std::size_t take_count(const std::string& key, std::size_t otherwise, std::size_t most);

    /// @throws UsageError naming a setting that nobody took.
    void expect_none_left(const std::string& backend) const;

private:
    std::map<std::string, std::string> values_;
};

} // namespace nanomdm::app
