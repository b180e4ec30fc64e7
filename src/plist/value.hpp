// A decoded property list: libplist's tree behind the guard, read by name and type.
#pragma once

#include "plist/kind.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nanomdm::plist {

/// A view of a dict inside a Document, valid as long as that.
///
/// The typed lookups return nullopt when the key is absent and throw Error{Errc::invalid} naming it when
/// its value has another type. Of a key that is there twice the last value counts, as with Apple's reader.
class Dict {
public:
    [[nodiscard]] std::optional<Kind> kind(const char* key) const;
    [[nodiscard]] std::optional<std::string> string(const char* key) const;
    [[nodiscard]] std::optional<std::string> data(const char* key) const; ///< raw bytes
    [[nodiscard]] std::optional<bool> boolean(const char* key) const;
    /// Two's complement where the list holds an unsigned integer over INT64_MAX.
    [[nodiscard]] std::optional<std::int64_t> integer(const char* key) const;
    [[nodiscard]] std::optional<Dict> dict(const char* key) const;
    /// All members that are strings.
    [[nodiscard]] std::map<std::string, std::string> strings() const;

private:
    friend class Document;
    explicit Dict(void* node) noexcept : node_{node} {}
    [[nodiscard]] void* find(const char* key) const;
    [[nodiscard]] void* find(const char* key, Kind wanted) const;

    void* node_; // plist_t
};

/// Owns the tree of one property list whose root is a dict.
class Document {
public:
    /// @param body XML or binary. @throws Error{Errc::invalid} when the guard or libplist refuses it, or its
    /// root is no dict.
    [[nodiscard]] static Document decode(std::string_view body);

    [[nodiscard]] Dict root() const noexcept { return Dict{tree_.get()}; }
    /// Gives the root a member, in place of any of that name.
    void set_data(const char* key, std::string_view bytes);
    /// The same list in XML, beginning with `<?xml`.
    [[nodiscard]] std::string to_xml() const;

private:
    struct Free {
        void operator()(void* node) const noexcept;
    };
    explicit Document(void* tree) noexcept : tree_{tree} {}

    std::unique_ptr<void, Free> tree_;
};

} // namespace nanomdm::plist
