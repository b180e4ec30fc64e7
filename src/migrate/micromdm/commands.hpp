// What MicroMDM still has to send to an enrollment.
#pragma once

#include "migrate/import_source.hpp"
#include "nanomdm/storage/import_store.hpp"

#include <string_view>
#include <vector>

namespace nanomdm::migrate::micromdm {

/// The pending commands in the order in which MicroMDM would send them, then those that were answered NotNow:
/// it tries these again when there are no others. Finished ones stay away: MicroMDM does not keep the answers
/// of devices, and without an answer they are no history.
/// @param key the queue's, for what cannot be brought over
/// @param unknown_time when commands were queued of which that is not known; MicroMDM notes it of none
[[nodiscard]] std::vector<ImportedCommand> pending_commands(std::string_view key, std::string_view queue,
                                                            TimePoint unknown_time, ImportSink& sink);

/// @return whether there are any. @throws Error{Errc::corrupt} when the queue cannot be decoded.
[[nodiscard]] bool has_pending_commands(std::string_view queue);

} // namespace nanomdm::migrate::micromdm
