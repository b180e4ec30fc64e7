// A fresh private directory that goes away with its scope.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace nanomdm::test {

class TempDir {
public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
    /// Writes a file into the directory. @return its path.
    std::filesystem::path write(std::string_view name, std::string_view content) const;
    /// Leaves the directory behind, for whoever looks into a failure.
    void keep() noexcept { kept_ = true; }

private:
    std::filesystem::path path_;
    bool kept_ = false;
};

/// The whole file. @throws std::runtime_error when it cannot be read.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

} // namespace nanomdm::test
