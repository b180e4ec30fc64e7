// `-check`: every invariant of a store that is not being served, and what would repair a broken one.
#pragma once

#include "storage/file/files.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace nanomdm::storage::file {

struct Finding {
    std::string where; ///< a file, an enrollment or a command
    std::string what;
    std::string repair; ///< what an administrator can do
};

/// Reads all of it and changes nothing. What a crash may leave (a torn journal tail, files that the journal
/// is ahead of) is in order.
/// @return empty when every invariant holds.
/// @throws Error{Errc::unavailable} when a process has the store open; Errc::invalid: it is not a store.
[[nodiscard]] std::vector<Finding> check_store(const std::filesystem::path& directory,
                                               Files& files = posix_files());

} // namespace nanomdm::storage::file
