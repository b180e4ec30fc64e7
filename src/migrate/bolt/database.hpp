// A BoltDB file, read-only: buckets, their entries in order, look-ups.
#pragma once

#include "migrate/bolt/mapped_file.hpp"
#include "migrate/bolt/page.hpp"

#include <cstddef>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::migrate::bolt {

/// Views into the file, valid as long as its Database.
struct Entry {
    std::string_view key;
    std::string_view value; ///< of a bucket: not for reading
    bool is_bucket = false;
};

/// Goes through a bucket in the order of its keys, compared as bytes.
class Cursor {
public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = Entry;
    using difference_type = std::ptrdiff_t;

    Cursor(const Pages& pages, const Page& root);

    [[nodiscard]] Entry operator*() const;
    Cursor& operator++();
    void operator++(int) { ++*this; }
    [[nodiscard]] friend bool operator==(const Cursor& cursor, std::default_sentinel_t) noexcept {
        return cursor.path_.empty();
    }

private:
    struct Step {
        Page page;
        std::size_t i;
    };
    void descend();

    const Pages* pages_;
    std::vector<Step> path_; ///< from the root to a leaf's element; empty: the end
};

/// A view, valid as long as its Database. Looking can throw Error{Errc::corrupt}, which the check at opening
/// has made a matter of files that change meanwhile.
class Bucket {
public:
    /// @return nullopt also for the name of a bucket.
    [[nodiscard]] std::optional<std::string_view> get(std::string_view key) const;
    [[nodiscard]] std::optional<Bucket> bucket(std::string_view name) const;
    /// The same bytes, of which a view was put by: see MappedFile.
    [[nodiscard]] std::string_view again(std::string_view view) const { return pages_->file().again(view); }

    [[nodiscard]] Cursor begin() const { return {*pages_, root_}; }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

private:
    friend class Database;
    struct Found {
        Page page;
        LeafElement element;
    };
    Bucket(const Pages& pages, const Page& root) noexcept : pages_{&pages}, root_{root} {}
    [[nodiscard]] std::optional<Found> find(std::string_view key) const;

    const Pages* pages_;
    Page root_;
};

/// Not thread-safe: what leaves memory, and when, is counted.
class Database {
public:
    /// Locks the file as Bolt's readers do, and looks at all of it, about a second a gigabyte: what is
    /// damaged is refused before anything of it is given out. Holds some 32 MB of it in memory at a time.
    /// @throws Error{Errc::unavailable} when it cannot be opened or is open for writing; Error{Errc::corrupt}
    /// when it is empty, foreign, of another version, cut off or damaged, naming page and offset.
    explicit Database(const std::filesystem::path& path);

    /// What holds the top-level buckets.
    [[nodiscard]] Bucket root() const;
    [[nodiscard]] std::optional<Bucket> bucket(std::string_view name) const { return root().bucket(name); }

    /// Not empty: only one of the metas is good, and what is wrong with the other. The state is that of the
    /// good one: its last transaction, or the last but one.
    [[nodiscard]] const std::string& bad_meta() const noexcept { return pages_.meta().other_is_bad; }

private:
    const MappedFile file_;
    const Pages pages_;
};

} // namespace nanomdm::migrate::bolt
