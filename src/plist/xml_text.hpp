// What the content of a leaf element says: entities and CDATA resolved.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nanomdm::plist {

struct TextCheck {
    bool is_readable = false; ///< clean UTF-8, known entities only
    std::uint64_t entities = 0;
    std::uint64_t bytes = 0; ///< of the content
};

/// Checks the raw content of a string or key without building the text.
[[nodiscard]] TextCheck check_text_content(std::string_view content);

/// The text of the raw content of a string or key. @return nullopt when it is not clean UTF-8 or has an
/// entity other than XML's five and character references.
[[nodiscard]] std::optional<std::string> read_text_content(std::string_view content);

} // namespace nanomdm::plist
