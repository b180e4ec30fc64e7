// Telling NanoMDM's two kinds of stores from each other, from ours, and from what is none.
#pragma once

#include "migrate/nanomdm/directory.hpp"

#include <array>
#include <string>
#include <string_view>

namespace nanomdm::migrate {

/// The buckets of a filekv store, one directory each.
inline constexpr std::array<std::string_view, 6> filekv_buckets{"users",     "cert_auth", "queue",
                                                                "push_cert", "devices",   "enrollments"};

/// Both open `path`, and refuse what is not such a store.
/// @throws Error{Errc::invalid} saying what it is instead, and which flag takes it.
[[nodiscard]] Directory open_file_store(const std::string& path);
[[nodiscard]] Directory open_filekv_store(const std::string& path);

} // namespace nanomdm::migrate
