// One command of a queue: its bytes checked, and the report on it.
#pragma once

#include "migrate/nanomdm/directory.hpp"
#include "migrate/nanomdm/findings.hpp"
#include "nanomdm/storage/import_store.hpp"

#include <optional>
#include <string>

namespace nanomdm::migrate {

/// @param name that it is stored under, its UUID
/// @return nullopt when it is no command, or one of another UUID; `findings` has been told.
[[nodiscard]] std::optional<ImportedCommand> stored_command(StoredFile file, const std::string& name,
                                                            Findings& findings);

/// The report as a device sent it, with the status in it.
/// @param status what the store says it is, where it does: then it counts
/// @return nullopt when there is no status to be had.
[[nodiscard]] std::optional<StoredResult> stored_result(const StoredFile& report,
                                                        const std::optional<std::string>& status = {});

/// A report on a command of which only the status is left.
[[nodiscard]] std::string made_report(const std::string& enrollment, const std::string& uuid,
                                      const std::string& status);

} // namespace nanomdm::migrate
