// Files of a store: written with their directories, and read back.
#pragma once

#include <filesystem>
#include <string>

namespace nanomdm::test {

void write_file(const std::filesystem::path& path, const std::string& bytes);
[[nodiscard]] std::string written(const std::filesystem::path& path);

} // namespace nanomdm::test
