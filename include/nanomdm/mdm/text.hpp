// Text from outside that was checked once at the edge and carries its meaning in its type.
#pragma once

#include "nanomdm/error.hpp"

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace nanomdm {

/// What a kind of text may be. Limits follow what every storage backend can hold.
struct TextRule {
    const char* name; ///< the field's name, for error texts
    std::size_t max;  ///< longest allowed, in `unit`
    enum class Unit { bytes, characters } unit = Unit::characters;
    bool may_be_empty = false;
    bool allows_controls = false; ///< U+0000–U+001F and U+007F–U+009F
};

/// @throws Error{Errc::invalid} naming the field when `text` is not UTF-8 or breaks `rule`.
void check_text(const TextRule& rule, std::string_view text);

/// A string that satisfied `Tag::rule` when it was made. Compared as bytes, no case folding.
template <class Tag> class Text {
public:
    explicit Text(std::string text) : text_{std::move(text)} { check_text(Tag::rule, text_); }

    [[nodiscard]] const std::string& str() const noexcept { return text_; }
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

    friend bool operator==(const Text&, const Text&) = default;
    friend auto operator<=>(const Text&, const Text&) = default;

private:
    std::string text_;
};

} // namespace nanomdm

template <class Tag> struct std::hash<nanomdm::Text<Tag>> {
    std::size_t operator()(const nanomdm::Text<Tag>& text) const noexcept {
        return std::hash<std::string>{}(text.str());
    }
};
