// Files with their directories, and the choice of a kind of store.
#include "support/nanomdm_store/written_file.hpp"

#include "support/nanomdm_store/nano_store.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace nanomdm::test {

void write_file(const std::filesystem::path& path, const std::string& bytes) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream out{path, std::ios::binary};
    out << bytes;
    if (!out.flush()) throw std::runtime_error{"cannot write " + path.string()};
}

std::string written(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

const char* to_string(NanoKind kind) noexcept { return kind == NanoKind::file ? "file" : "filekv"; }

std::unique_ptr<NanoStore> make_nano_store(NanoKind kind, const std::filesystem::path& directory) {
    if (kind == NanoKind::file) return std::make_unique<NanoFileStore>(directory);
    return std::make_unique<NanoFileKvStore>(directory);
}

} // namespace nanomdm::test
