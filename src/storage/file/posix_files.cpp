// The operating system's files.
#include "storage/file/posix_files.hpp"

#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace nanomdm::storage::file {
namespace {

constexpr mode_t file_mode = 0600;
constexpr mode_t directory_mode = 0700;

[[noreturn]] void fail(const char* operation) {
    throw std::system_error{errno, std::generic_category(), operation};
}

int flags_of(OpenMode mode) noexcept {
    switch (mode) {
    case OpenMode::read:
        return O_RDONLY;
    case OpenMode::overwrite:
        return O_WRONLY | O_CREAT | O_TRUNC;
    case OpenMode::rewrite:
        return O_WRONLY | O_CREAT;
    case OpenMode::append:
        return O_RDWR | O_CREAT | O_APPEND;
    case OpenMode::update:
        return O_RDWR;
    }
    return O_RDONLY;
}

template <class Call> auto retried(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

template <class Call> void on_directory(const std::string& path, const char* operation, Call call) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) throw FileError{"open", path, errno};
    const int result = call(descriptor);
    const int number = errno;
    ::close(descriptor);
    if (result != 0) throw FileError{operation, path, number};
}

} // namespace

void PosixFiles::rename(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) throw FileError{"rename", from, errno};
}

void PosixFiles::put_in_place(const std::string& from, const std::string& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) return;
    // There is no `to` yet, or the file system cannot exchange.
    if (errno != ENOENT && errno != EINVAL && errno != ENOSYS) throw FileError{"rename", from, errno};
    rename(from, to);
}

bool PosixFiles::remove(const std::string& path) {
    if (::unlink(path.c_str()) == 0) return true;
    if (errno == ENOENT) return false;
    throw FileError{"unlink", path, errno};
}

void PosixFiles::make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), directory_mode) != 0 && errno != EEXIST) throw FileError{"mkdir", path, errno};
}

std::vector<std::string> PosixFiles::list(const std::string& path) {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory{::opendir(path.c_str()), ::closedir};
    if (!directory) {
        if (errno == ENOENT) return {};
        throw FileError{"opendir", path, errno};
    }
    std::vector<std::string> names;
    // readdir is safe here: the stream is this call's own.
    while (const dirent* entry = ::readdir(directory.get())) { // NOLINT(concurrency-mt-unsafe)
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    return names;
}

void PosixFiles::sync_directory(const std::string& path) {
    on_directory(path, "fsync", [](int descriptor) { return ::fsync(descriptor); });
}

void PosixFiles::sync_filesystem(const std::string& path) {
    on_directory(path, "syncfs", [](int descriptor) { return ::syncfs(descriptor); });
}

std::optional<OpenFile> PosixFiles::lock(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, file_mode);
    if (descriptor < 0) throw FileError{"open", path, errno};
    OpenFile file = handle(descriptor, path);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return file;
    if (errno == EWOULDBLOCK) return std::nullopt;
    throw FileError{"flock", path, errno};
}

std::optional<int> PosixFiles::open_descriptor(const std::string& path, OpenMode mode) {
    const int descriptor =
        retried([&] { return ::open(path.c_str(), flags_of(mode) | O_CLOEXEC, file_mode); });
    if (descriptor >= 0) return descriptor;
    if (errno == ENOENT && (mode == OpenMode::read || mode == OpenMode::update)) return std::nullopt;
    throw FileError{"open", path, errno};
}

void PosixFiles::close(int descriptor) noexcept { ::close(descriptor); }

std::size_t PosixFiles::read_at(int descriptor, char* to, std::size_t size, std::uint64_t offset) {
    std::size_t done = 0;
    while (done < size) {
        const auto got = retried(
            [&] { return ::pread(descriptor, to + done, size - done, static_cast<off_t>(offset + done)); });
        if (got < 0) fail("read");
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

void PosixFiles::write_at(int descriptor, std::string_view bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const auto put = retried(
            [&] { return ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
        if (put < 0) fail("write");
        bytes.remove_prefix(static_cast<std::size_t>(put));
        offset += static_cast<std::uint64_t>(put);
    }
}

void PosixFiles::append(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto put = retried([&] { return ::write(descriptor, bytes.data(), bytes.size()); });
        if (put < 0) fail("write");
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
}

void PosixFiles::truncate(int descriptor, std::uint64_t size) {
    if (retried([&] { return ::ftruncate(descriptor, static_cast<off_t>(size)); }) != 0) fail("truncate");
}

std::uint64_t PosixFiles::size(int descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) fail("stat");
    return static_cast<std::uint64_t>(status.st_size);
}

void PosixFiles::sync_data(int descriptor) {
    if (::fdatasync(descriptor) != 0) fail("fdatasync");
}

void PosixFiles::start_writing(int descriptor) noexcept {
    ::sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
}

Files& posix_files() {
    static PosixFiles files;
    return files;
}

} // namespace nanomdm::storage::file
