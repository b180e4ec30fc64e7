// The directories of another server's store: read, never written, and never left through a symbolic link.
#pragma once

#include "nanomdm/mdm/push_info.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nanomdm::migrate {

/// What a file holds, and when it was last written.
struct StoredFile {
    std::string bytes;
    TimePoint modified_at;
};

/// An open directory. Names below it are single components, not paths: one with `/` in it, `.` or `..`
/// names nothing. A file that is there and cannot be had (no permission, a link, no plain file, too large) is
/// Error{Errc::corrupt}; out of descriptors or memory is Error{Errc::unavailable}.
class Directory {
public:
    /// More than any message, command or report that either server takes.
    static constexpr std::size_t largest_file = 64 * 1024 * 1024;

    /// @param path may be a symbolic link itself. @throws Error{Errc::invalid} when it cannot be opened.
    [[nodiscard]] static Directory open(const std::string& path);

    Directory(Directory&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
    Directory& operator=(Directory&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~Directory();

    /// @return nullopt when there is nothing of that name.
    [[nodiscard]] std::optional<Directory> directory(const std::string& name) const;
    /// @return nullopt when there is nothing of that name.
    [[nodiscard]] std::optional<StoredFile> file(const std::string& name,
                                                 std::size_t most = largest_file) const;
    /// Whatever it is.
    [[nodiscard]] bool has(const std::string& name) const;
    /// @return nullopt when there is nothing of that name.
    [[nodiscard]] std::optional<TimePoint> modified_at(const std::string& name) const;

    enum class Kind { directory, file, other };
    /// Gives every entry, in no order; nothing is kept meanwhile. @throws Error{Errc::corrupt}
    void for_each(const std::function<void(const std::string& name, Kind kind)>& take) const;
    /// Ordered by their bytes.
    [[nodiscard]] std::vector<std::string> names() const;

private:
    explicit Directory(int descriptor) noexcept : descriptor_{descriptor} {}

    int descriptor_;
};

} // namespace nanomdm::migrate
