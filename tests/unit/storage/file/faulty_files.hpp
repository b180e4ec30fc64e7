// File layers that fail on purpose, and one that saves the time of flushing.
#pragma once

#include "storage/file/posix_files.hpp"

#include <functional>

namespace nanomdm::storage::file {

/// Flushes nothing. For whoever outlives no power cut: a killed process's writes stay with the kernel.
class UnflushedFiles : public PosixFiles {
public:
    void sync_directory(const std::string&) override {}
    void sync_filesystem(const std::string&) override {}

protected:
    void sync_data(int) override {}
};

/// Where the next write, rename, removal, creation or flush happens.
class Boundaries {
public:
    /// @param last the process ends at this one; 0: never.
    explicit Boundaries(std::uint64_t last, bool in_the_middle) noexcept
        : last_{last}, in_the_middle_{in_the_middle} {}

    /// Call in front of each operation. @param half does the first half of it, @param end ends the process.
    void pass(const std::function<void()>& half, const std::function<void()>& end);
    [[nodiscard]] std::uint64_t passed() const noexcept { return passed_; }

private:
    std::uint64_t last_;
    bool in_the_middle_;
    std::uint64_t passed_ = 0;
};

/// Ends the process at the n-th boundary as kill -9 would.
class KillingFiles final : public UnflushedFiles {
public:
    KillingFiles(std::uint64_t last, bool in_the_middle) : boundaries_{last, in_the_middle} {}
    [[nodiscard]] const Boundaries& boundaries() const noexcept { return boundaries_; }

    void rename(const std::string& from, const std::string& to) override;
    void put_in_place(const std::string& from, const std::string& to) override;
    bool remove(const std::string& path) override;
    void make_directory(const std::string& path) override;
    void sync_directory(const std::string& path) override;
    void sync_filesystem(const std::string& path) override;

protected:
    std::optional<int> open_descriptor(const std::string& path, OpenMode mode) override;
    void write_at(int descriptor, std::string_view bytes, std::uint64_t offset) override;
    void append(int descriptor, std::string_view bytes) override;
    void truncate(int descriptor, std::uint64_t size) override;
    void sync_data(int descriptor) override;

private:
    void pass(const std::function<void()>& half = [] {});
    Boundaries boundaries_;
};

/// What a process ends with that was cut short on purpose.
inline constexpr int cut_short = 42;

} // namespace nanomdm::storage::file
