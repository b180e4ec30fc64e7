// Which certificate hashes a store associates with which device, for the whole fleet in little memory.
#pragma once

#include "migrate/import_source.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::migrate {

/// 64 bytes an association. Filled first, then asked.
class Associations {
public:
    /// @param id of a device or one of its users: NanoMDM associates the device in both cases
    /// @param hash 64 hexadecimal digits, in either case. @return false when it is not: nothing was added.
    bool add(std::string_view id, std::string_view hash);
    /// Between the last add and the first look-up.
    void sort();
    /// In the order they were added, each once, in lower case.
    [[nodiscard]] std::vector<std::string> of(std::string_view device) const;

private:
    /// Devices choose their IDs, so it must not be possible to make two that look the same.
    using Key = std::array<char, 32>;
    struct Entry {
        Key device;
        std::array<char, 32> hash;
    };
    [[nodiscard]] static Key key_of(std::string_view id);

    std::vector<Entry> entries_;
};

} // namespace nanomdm::migrate
