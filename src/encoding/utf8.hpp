// UTF-8, one sequence at a time.
#pragma once

#include <cstddef>
#include <string_view>

namespace nanomdm {

/// @param text not empty.
/// @return how many bytes the well-formed sequence at its front has (RFC 3629: no overlong forms, no
/// surrogates, nothing over U+10FFFF); 0 when there is none.
[[nodiscard]] std::size_t utf8_sequence_length(std::string_view text) noexcept;

} // namespace nanomdm
