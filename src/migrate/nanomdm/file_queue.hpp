// The queue of one enrollment in a `file` store: four directories, a file for each command.
#pragma once

#include "migrate/nanomdm/directory.hpp"
#include "migrate/nanomdm/findings.hpp"
#include "nanomdm/storage/import_store.hpp"

#include <optional>
#include <vector>

namespace nanomdm::migrate {

struct FileQueue {
    /// What is finished or cleared, in the order of the reports; then what is pending, as NanoMDM would hand
    /// it out: what was answered NotNow first, and both parts ordered by name, which is all that it goes by.
    std::vector<ImportedCommand> commands = {};
    std::optional<TimePoint> last_report_at = {};
};

/// @param enrollment its directory
[[nodiscard]] FileQueue read_file_queue(const Directory& enrollment, Findings& findings);

/// The names of all commands, pending or not.
[[nodiscard]] std::vector<std::string> file_queue_names(const Directory& enrollment);

} // namespace nanomdm::migrate
