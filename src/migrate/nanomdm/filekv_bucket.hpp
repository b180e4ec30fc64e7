// A bucket of a `filekv` store: each key a file, in the directory that its first four characters name.
#pragma once

#include "migrate/nanomdm/directory.hpp"

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::migrate {

/// Not for several threads: it keeps the directory it used last open.
class FileKvBucket {
public:
    /// The two directories, one in the other, that hold a key.
    struct Leaf {
        std::string first;
        std::string second;
        friend auto operator<=>(const Leaf&, const Leaf&) = default;
    };

    /// @param name a bucket that is not there is an empty one
    /// @param stripped what keys may begin with that does not count for their directory
    FileKvBucket(const Directory& root, std::string_view name, std::string_view stripped = {});

    [[nodiscard]] Leaf leaf_of(std::string_view key) const;
    /// @return nullopt when the key is not there. @throws Error as Directory does
    [[nodiscard]] std::optional<StoredFile> file(const std::string& key) const;
    [[nodiscard]] bool has(const std::string& key) const;
    [[nodiscard]] std::optional<TimePoint> modified_at(const std::string& key) const;

    /// In order. Links are left out.
    [[nodiscard]] std::vector<Leaf> leaves() const;
    /// Those that can hold keys that begin with `prefix`.
    [[nodiscard]] std::vector<Leaf> leaves_of_prefix(std::string_view prefix) const;
    /// Every key in it that belongs there, in no order. @throws Error as Directory does
    void for_each_key(const Leaf& leaf, const std::function<void(const std::string& key)>& take) const;

private:
    [[nodiscard]] const Directory* open(const Leaf& leaf) const;

    std::optional<Directory> bucket_;
    std::string stripped_;
    mutable Leaf opened_leaf_;
    mutable std::optional<Directory> opened_;
};

} // namespace nanomdm::migrate
