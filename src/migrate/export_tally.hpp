// What an export has done so far; counted by its threads, read by whoever shows it.
#pragma once

#include "migrate/progress_line.hpp"

#include <atomic>
#include <cstdint>

namespace nanomdm::migrate {

struct ExportTally {
    using Count = std::atomic<std::uint64_t>;

    Count devices = 0;
    Count users = 0;
    Count unlock_tokens = 0;
    Count bootstrap_tokens = 0;
    Count disabled_devices = 0;   ///< checked out: bringing them over would enable them
    Count unfinished_devices = 0; ///< never completed their enrollment
    Count disabled_users = 0;
    Count failed = 0; ///< devices and users of which the target has not taken everything

    [[nodiscard]] Progress progress() const {
        return {.devices = devices,
                .users = users,
                .left_out = disabled_devices + unfinished_devices + disabled_users,
                .failed = failed};
    }
};

} // namespace nanomdm::migrate
