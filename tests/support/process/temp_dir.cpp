// mkdtemp under TMPDIR, removed recursively.
#include "support/process/temp_dir.hpp"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <system_error>

namespace nanomdm::test {

TempDir::TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "nanomdm-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
        throw std::system_error{errno, std::generic_category(), "mkdtemp " + pattern};
    path_ = pattern;
}

TempDir::~TempDir() {
    if (kept_) return;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TempDir::write(std::string_view name, std::string_view content) const {
    const auto path = path_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream out{path, std::ios::binary};
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!out.flush()) throw std::runtime_error{"cannot write " + path.string()};
    return path;
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    if (!in) throw std::runtime_error{"cannot read " + path.string()};
    std::ostringstream content;
    content << in.rdbuf();
    return std::move(content).str();
}

} // namespace nanomdm::test
