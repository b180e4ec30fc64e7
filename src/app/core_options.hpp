// What the command line says of core: the same for devices and for /migration.
#pragma once

#include "app/options.hpp"
#include "service/core.hpp"

namespace nanomdm::app {

[[nodiscard]] inline service::CoreOptions core_options(const DeviceOptions& options) noexcept {
    return {.user_authenticate_zero_length_digest_challenge = options.zero_length_digest_challenge};
}

} // namespace nanomdm::app
