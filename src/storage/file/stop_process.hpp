// The end of the process when the disk's contents have become unknown.
#pragma once

#include "log/log.hpp"

#include <cstdlib>
#include <exception>
#include <string_view>

namespace nanomdm::storage::file {

/// A failed write or flush is never tried again: the kernel drops the pages it could not write, and a second
/// flush succeeds without them. After a restart, the journal says what there is.
[[noreturn]] inline void stop_process(std::string_view what, const std::exception& error) {
    log::error(what, {{"error", error.what()},
                      {"action", "stopping, so that nothing is confirmed that may be lost"}});
    log::flush();
    std::abort();
}

} // namespace nanomdm::storage::file
