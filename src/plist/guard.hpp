// What stands between a stranger's bytes and libplist: one linear pass that knows the grammar and the
// limits. libplist 2.2 accepts trailing junk, keys without a value and bad UTF-8, decodes entities and
// chosen keys in quadratic time, frees recursively and trusts a binary list's tables more than it should;
// behind the guard it never meets any of that.
#pragma once

#include <string_view>

namespace nanomdm::plist {

enum class Format { xml, binary };

/// By the first bytes alone.
[[nodiscard]] Format format_of(std::string_view body) noexcept;

/// @throws Error{Errc::invalid} unless `body` is one complete property list within limits.hpp.
void guard(std::string_view body);

/// The two halves of guard().
void guard_xml(std::string_view body);
void guard_binary(std::string_view body);

} // namespace nanomdm::plist
