// The `state` file of an enrollment: the index's entry as lines of text.
#pragma once

#include "storage/file/index.hpp"

#include <string>
#include <string_view>

namespace nanomdm::storage::file {

/// Everything of the entry but last seen, sealed with a checksum.
[[nodiscard]] std::string state_text(const EnrollmentEntry& entry);

/// Adds the enrollment to the index. A pending command becomes known by its UUID alone.
/// @throws Error{Errc::corrupt} when the text is damaged.
EnrollmentEntry& read_state(std::string_view text, Index& index);

} // namespace nanomdm::storage::file
