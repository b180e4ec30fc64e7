// What every file layer shares: handles and whole-file operations.
#include "storage/file/files.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

namespace nanomdm::storage::file {
namespace {

Errc code_of(int number) noexcept {
    return number == ENOSPC || number == EDQUOT ? Errc::unavailable : Errc::internal;
}

} // namespace

FileError::FileError(const std::string& operation, const std::string& path, int number)
    : Error{code_of(number), operation + " " + path + ": " + std::generic_category().message(number)},
      number_{number} {}

std::optional<OpenFile> Files::open(const std::string& path, OpenMode mode) {
    const auto descriptor = open_descriptor(path, mode);
    if (!descriptor) return std::nullopt;
    return OpenFile{*this, *descriptor, path};
}

OpenFile Files::handle(int descriptor, std::string path) { return {*this, descriptor, std::move(path)}; }

/// The layers below know descriptors only: an error is rethrown with the file's name.
template <class Operation> decltype(auto) OpenFile::named(Operation operation) const {
    try {
        return operation();
    } catch (const std::system_error& error) {
        throw FileError{error.what(), path_, error.code().value()};
    }
}

std::size_t OpenFile::read_at(char* to, std::size_t size, std::uint64_t offset) const {
    return named([&] { return files_->read_at(descriptor_, to, size, offset); });
}

std::string OpenFile::read_all() const {
    std::string bytes(size(), '\0');
    bytes.resize(read_at(bytes.data(), bytes.size(), 0));
    return bytes;
}

void OpenFile::write_at(std::string_view bytes, std::uint64_t offset) {
    named([&] { files_->write_at(descriptor_, bytes, offset); });
}
void OpenFile::append(std::string_view bytes) {
    named([&] { files_->append(descriptor_, bytes); });
}
void OpenFile::truncate(std::uint64_t size) {
    named([&] { files_->truncate(descriptor_, size); });
}
std::uint64_t OpenFile::size() const {
    return named([&] { return files_->size(descriptor_); });
}
void OpenFile::sync_data() {
    named([&] { files_->sync_data(descriptor_); });
}

std::optional<std::string> read_file(Files& files, const std::string& path) {
    const auto file = files.open(path, OpenMode::read);
    if (!file) return std::nullopt;
    return file->read_all();
}

void write_file(Files& files, const std::string& path, std::string_view bytes) {
    auto file = files.open(path, OpenMode::rewrite);
    file->write_at(bytes, 0);
    if (file->size() > bytes.size()) file->truncate(bytes.size());
}

void replace_file(Files& files, const std::string& directory, const std::string& name,
                  std::string_view bytes) {
    const std::string path = directory + "/" + name;
    {
        auto file = files.open(path + ".new", OpenMode::overwrite);
        file->append(bytes);
        file->sync_data();
    }
    files.rename(path + ".new", path);
    files.sync_directory(directory);
}

} // namespace nanomdm::storage::file
