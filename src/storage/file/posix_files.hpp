// The operating system's files. Tests derive from it to interfere.
#pragma once

#include "storage/file/files.hpp"

namespace nanomdm::storage::file {

class PosixFiles : public Files {
public:
    void rename(const std::string& from, const std::string& to) override;
    void put_in_place(const std::string& from, const std::string& to) override;
    bool remove(const std::string& path) override;
    void make_directory(const std::string& path) override;
    std::vector<std::string> list(const std::string& path) override;
    void sync_directory(const std::string& path) override;
    void sync_filesystem(const std::string& path) override;
    std::optional<OpenFile> lock(const std::string& path) override;

protected:
    std::optional<int> open_descriptor(const std::string& path, OpenMode mode) override;
    void close(int descriptor) noexcept override;
    std::size_t read_at(int descriptor, char* to, std::size_t size, std::uint64_t offset) override;
    void write_at(int descriptor, std::string_view bytes, std::uint64_t offset) override;
    void append(int descriptor, std::string_view bytes) override;
    void truncate(int descriptor, std::uint64_t size) override;
    std::uint64_t size(int descriptor) override;
    void sync_data(int descriptor) override;
    void start_writing(int descriptor) noexcept override;
};

} // namespace nanomdm::storage::file
