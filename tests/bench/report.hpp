// The results as a table for people and as JSON for programs.
#pragma once

#include "bench/scenario.hpp"

#include <filesystem>
#include <vector>

namespace nanomdm::bench {

void print_table(const std::vector<Measured>& results);
void write_json(const std::filesystem::path& file, const Options& options,
                const std::vector<Measured>& results);

} // namespace nanomdm::bench
