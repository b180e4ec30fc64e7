// Enrollments as another server may have left them, for tests of importing.
#pragma once

#include "contract/samples.hpp"
#include "nanomdm/storage/import_store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nanomdm::contract {

/// A whole second, as all backends keep it.
[[nodiscard]] TimePoint at_second(std::int64_t since_epoch);

/// Enabled, with push data, both messages, an unlock token, an identity, a bootstrap token and one
/// certificate that is its own; no commands.
[[nodiscard]] ImportedEnrollment imported_device(const std::string& udid, unsigned certificate);
/// Enabled, with push data, TokenUpdate and names.
[[nodiscard]] ImportedEnrollment imported_user(const ImportedEnrollment& device, const std::string& user_id);

[[nodiscard]] ImportedCommand pending(const Command& command);
[[nodiscard]] ImportedCommand not_now(const Command& command, int tally);
[[nodiscard]] ImportedCommand finished(const Command& command, const std::string& status = "Acknowledged");
[[nodiscard]] ImportedCommand cleared(const Command& command);

} // namespace nanomdm::contract
