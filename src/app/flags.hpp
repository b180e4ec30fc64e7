// The flags themselves: which there are, and what each one sets.
#pragma once

#include "app/options.hpp"

#include <CLI/CLI.hpp>

namespace nanomdm::app {

/// Defines every flag on `cli`, writing to `options`; each also reads its NANOMDM_ variable.
void define_flags(CLI::App& cli, Options& options);

} // namespace nanomdm::app
