// The tables of a binary property list ("bplist00"), every access checked. The format is documented in
// Apple's CFBinaryPList.c: objects, then the table of their offsets, then a trailer of 32 bytes.
#pragma once

#include "plist/kind.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nanomdm::plist {

struct BinaryObject {
    Kind kind = Kind::boolean;
    bool is_utf16 = false;    ///< of a string
    std::size_t entries = 0;  ///< of a dict or array
    std::string_view payload; ///< what comes after marker and size
};

class BinaryLayout {
public:
    /// @throws Error{Errc::invalid} when the trailer contradicts the size of `body`, which must outlive
    /// this and every object.
    explicit BinaryLayout(std::string_view body);

    [[nodiscard]] std::uint64_t root() const noexcept { return root_; }
    /// @return nullopt when there is none, it is not inside the object area, or its type has no XML form.
    [[nodiscard]] std::optional<BinaryObject> object(std::uint64_t index) const noexcept;
    /// The object that entry `n` of an array, or key `n` of a dict, names.
    [[nodiscard]] std::uint64_t entry(const BinaryObject& container, std::size_t n) const noexcept;
    /// The object that is the value to key `n` of a dict.
    [[nodiscard]] std::uint64_t value(const BinaryObject& dict, std::size_t n) const noexcept;

private:
    [[nodiscard]] std::optional<std::size_t> read_size(std::size_t& at, unsigned low_bits) const noexcept;

    std::string_view objects_; ///< the file up to the offset table
    std::string_view offsets_;
    std::size_t offset_size_ = 0;
    std::size_t reference_size_ = 0;
    std::uint64_t root_ = 0;
};

/// Whether a string object is well-formed Unicode without NUL.
[[nodiscard]] bool is_clean(const BinaryObject& string) noexcept;

/// The text of a string object. @return nullopt when it is not clean Unicode.
[[nodiscard]] std::optional<std::string> text_of(const BinaryObject& string);

} // namespace nanomdm::plist
