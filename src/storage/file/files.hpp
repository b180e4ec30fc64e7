// The thin layer over the file system that everything in this folder writes through, so that tests can
// kill the process or cut the power at any boundary.
#pragma once

#include "nanomdm/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nanomdm::storage::file {

/// A failed file operation. Errc::unavailable when the disk or quota is full, else Errc::internal.
class FileError : public Error {
public:
    FileError(const std::string& operation, const std::string& path, int number);
    [[nodiscard]] int number() const noexcept { return number_; } ///< errno
    [[nodiscard]] bool is_full() const noexcept { return code() == Errc::unavailable; }

private:
    int number_;
};

enum class OpenMode {
    read,      ///< must exist
    overwrite, ///< created or emptied, for writing
    rewrite,   ///< created when missing, else as it is; for write_at and truncate
    append,    ///< created when missing; append() adds at the end
    update,    ///< must exist; for write_at and truncate
};

class OpenFile;

/// Blocking; any thread. Every operation throws FileError when it fails.
class Files {
public:
    virtual ~Files() = default;

    /// @return nullopt when the file does not exist (modes read and update).
    [[nodiscard]] std::optional<OpenFile> open(const std::string& path, OpenMode mode);

    virtual void rename(const std::string& from, const std::string& to) = 0;
    /// In one step, `to` becomes what `from` was. What `to` was goes on as `from`, where the file system can
    /// do that: a file that is replaced again and again needs no new inode each time, for which ext4 passes
    /// over all those that were freed in the last minute, one by one.
    virtual void put_in_place(const std::string& from, const std::string& to) = 0;
    /// @return false when there was no such file.
    virtual bool remove(const std::string& path) = 0;
    /// An existing one is fine. New directories are for the owner alone.
    virtual void make_directory(const std::string& path) = 0;
    /// Names in a directory, unsorted; empty when it does not exist.
    [[nodiscard]] virtual std::vector<std::string> list(const std::string& path) = 0;
    /// Makes names created, renamed and removed in the directory durable.
    virtual void sync_directory(const std::string& path) = 0;
    /// Makes everything written so far on the file system that holds `path` durable.
    virtual void sync_filesystem(const std::string& path) = 0;
    /// Keeps other processes out of a store until the handle closes; the operating system lets go of it
    /// when the process dies. @return nullopt when another process holds the lock.
    [[nodiscard]] virtual std::optional<OpenFile> lock(const std::string& path) = 0;

protected:
    friend class OpenFile;
    OpenFile handle(int descriptor, std::string path);

    virtual std::optional<int> open_descriptor(const std::string& path, OpenMode mode) = 0;
    virtual void close(int descriptor) noexcept = 0;
    virtual std::size_t read_at(int descriptor, char* to, std::size_t size, std::uint64_t offset) = 0;
    virtual void write_at(int descriptor, std::string_view bytes, std::uint64_t offset) = 0;
    virtual void append(int descriptor, std::string_view bytes) = 0;
    virtual void truncate(int descriptor, std::uint64_t size) = 0;
    virtual std::uint64_t size(int descriptor) = 0;
    virtual void sync_data(int descriptor) = 0;
    virtual void start_writing(int) noexcept {}
};

/// An open file; closes itself.
class OpenFile {
public:
    OpenFile(OpenFile&& other) noexcept
        : files_{std::exchange(other.files_, nullptr)}, descriptor_{other.descriptor_}, path_{std::move(
                                                                                            other.path_)} {}
    OpenFile& operator=(OpenFile&& other) noexcept {
        std::swap(files_, other.files_);
        std::swap(descriptor_, other.descriptor_);
        std::swap(path_, other.path_);
        return *this;
    }
    ~OpenFile() {
        if (files_ != nullptr) files_->close(descriptor_);
    }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// @return bytes read; fewer than `size` at the end of the file only.
    std::size_t read_at(char* to, std::size_t size, std::uint64_t offset) const;
    [[nodiscard]] std::string read_all() const;
    /// All of it, or an exception.
    void write_at(std::string_view bytes, std::uint64_t offset);
    void append(std::string_view bytes);
    void truncate(std::uint64_t size);
    [[nodiscard]] std::uint64_t size() const;
    /// Makes the file's bytes durable (fdatasync).
    void sync_data();
    /// Asks for them to be on their way to the disk, so that a flush which others wait for has less to do.
    /// Promises nothing.
    void start_writing() noexcept { files_->start_writing(descriptor_); }

private:
    friend class Files;
    OpenFile(Files& files, int descriptor, std::string path)
        : files_{&files}, descriptor_{descriptor}, path_{std::move(path)} {}

    template <class Operation> decltype(auto) named(Operation operation) const;

    Files* files_;
    int descriptor_;
    std::string path_;
};

/// @return nullopt when the file does not exist.
[[nodiscard]] std::optional<std::string> read_file(Files& files, const std::string& path);
/// Replaces the file's contents in the file as it is, unflushed and not atomically.
void write_file(Files& files, const std::string& path, std::string_view bytes);
/// Replaces the file so that a crash or power cut leaves either the old or the new one; durable when it
/// returns.
void replace_file(Files& files, const std::string& directory, const std::string& name,
                  std::string_view bytes);

/// The operating system's. Files are 0600, directories 0700.
[[nodiscard]] Files& posix_files();

} // namespace nanomdm::storage::file
