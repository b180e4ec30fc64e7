// The directory as a whole: is it ours, which version, and is it free.
#pragma once

#include "storage/file/files.hpp"
#include "storage/file/names.hpp"

namespace nanomdm::storage::file {

/// Locks the store, making an empty one where there is none, unless it must exist.
/// @return keeps other processes out while it lives.
/// @throws Error{Errc::unavailable} when another process has it open, Error{Errc::invalid} when the directory
/// is something else or of a newer version.
[[nodiscard]] OpenFile open_directory(Files& files, const Layout& layout, bool must_exist = false);

/// The same of a store that must be there already; changes nothing but the lock file.
[[nodiscard]] OpenFile open_existing_directory(Files& files, const Layout& layout);

} // namespace nanomdm::storage::file
