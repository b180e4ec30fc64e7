// The elements of an XML property list that are values.
#pragma once

#include "plist/kind.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace nanomdm::plist {

/// The kind of value an element is; nullopt for `key`, `plist` and what Apple's DTD does not know.
inline std::optional<Kind> element_kind(std::string_view name) noexcept {
    constexpr std::array<std::pair<std::string_view, Kind>, 9> kinds{{{"string", Kind::string},
                                                                      {"dict", Kind::dict},
                                                                      {"array", Kind::array},
                                                                      {"true", Kind::boolean},
                                                                      {"false", Kind::boolean},
                                                                      {"integer", Kind::integer},
                                                                      {"data", Kind::data},
                                                                      {"date", Kind::date},
                                                                      {"real", Kind::real}}};
    for (const auto& [known, kind] : kinds) {
        if (known == name) return kind;
    }
    return std::nullopt;
}

} // namespace nanomdm::plist
