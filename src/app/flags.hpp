// The flags themselves: which there are, and what each one sets.
#pragma once

#include "app/options.hpp"
#include "app/storage_flags.hpp"

#include <CLI/CLI.hpp>

namespace nanomdm::app {

/// Defines every flag on `cli`, writing to `options` and `storages`; each also reads its NANOMDM_ variable.
void define_flags(CLI::App& cli, Options& options, StorageFlags& storages);

} // namespace nanomdm::app
