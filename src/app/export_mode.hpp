// `-export-to`: sends what the storage holds to another server, then ends.
#pragma once

#include "app/options.hpp"

namespace nanomdm::app {

/// Shows progress on standard error, and a summary on standard output.
/// @return the exit status: 0; 3 when the other server has not taken some records.
/// @throws UsageError; Error when the other server, the storage or the state's file fails as a whole.
[[nodiscard]] int export_fleet(const Options& options);

} // namespace nanomdm::app
