#include "app/storage_settings.hpp"

#include "app/options.hpp"
#include "app/units.hpp"
#include "nanomdm/error.hpp"

#include <algorithm>
#include <charconv>

namespace nanomdm::app {
namespace {

[[noreturn]] void complain(const std::string& key, const std::string& what) {
    throw UsageError{"-storage-options: " + key + ": " + what};
}

} // namespace

StorageSettings::StorageSettings(const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto comma = std::min(text.find(',', at), text.size());
        const auto item = text.substr(at, comma - at);
        const auto equals = item.find('=');
        if (equals == std::string::npos)
            throw UsageError{"-storage-options: \"" + item + "\" is not key=value"};
        values_[item.substr(0, equals)] = item.substr(equals + 1);
        at = comma + 1;
    }
}

bool StorageSettings::take_boolean(const std::string& key) {
    const auto setting = values_.extract(key);
    if (setting.empty()) return false;
    try {
        return parse_boolean(setting.mapped());
    } catch (const Error& error) {
        complain(key, error.what());
    }
}

std::optional<std::chrono::seconds> StorageSettings::take_duration(const std::string& key) {
    const auto setting = values_.extract(key);
    if (setting.empty()) return std::nullopt;
    try {
        return parse_duration(setting.mapped());
    } catch (const Error& error) {
        complain(key, error.what());
    }
}

std::size_t StorageSettings::take_count(const std::string& key, std::size_t otherwise, std::size_t most) {
    const auto setting = values_.extract(key);
    if (setting.empty()) return otherwise;
    const auto& text = setting.mapped();
    std::size_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || end != text.data() + text.size() || count == 0 || count > most)
        complain(key, "\"" + text + "\" is not a number from 1 to " + std::to_string(most));
    return count;
}

void StorageSettings::expect_none_left(const std::string& backend) const {
    if (values_.empty()) return;
    throw UsageError{"-storage-options: unknown option \"" + values_.begin()->first + "\" of the " + backend +
                     " storage"};
}

} // namespace nanomdm::app
