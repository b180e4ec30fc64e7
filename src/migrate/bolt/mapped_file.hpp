// A file in memory, read-only, of which only some is held at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::migrate::bolt {

/// Holds a shared lock on the file while it lives, as Bolt's own readers do: a Bolt database that is open for
/// writing is refused, and cannot be opened for writing meanwhile. Not thread-safe.
///
/// Should the file be cut short by somebody who does not ask for locks, the process ends with a message.
class MappedFile {
public:
    /// @throws Error{Errc::unavailable} when it cannot be opened, is no regular file, or is open for writing;
    /// Error{Errc::corrupt} when it is empty.
    explicit MappedFile(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    /// The view stays valid as long as this; what is not asked for for a while leaves memory, and comes back
    /// when it is looked at. Then it counts as memory that nobody knows of: so ask again() for what was put
    /// by.
    /// @pre the range is within the file.
    [[nodiscard]] std::string_view bytes(std::uint64_t offset, std::uint64_t length) const;
    /// @param view got from bytes() before. @return the same
    [[nodiscard]] std::string_view again(std::string_view view) const;

private:
    void lock();
    void map();
    void make_room(std::uint64_t offset, std::uint64_t length) const;

    const std::string name_;
    int descriptor_ = -1;
    std::uint64_t size_ = 0;
    const char* start_ = nullptr;
    /// What the kernel may have mapped since room was made last, a bit a block.
    mutable std::vector<bool> resident_;
    mutable std::uint64_t resident_blocks_ = 0;
};

} // namespace nanomdm::migrate::bolt
