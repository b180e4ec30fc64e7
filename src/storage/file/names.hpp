// From text out of devices and administrators to names in a directory, and where each plain file lies.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nanomdm::storage::file {

/// A name for one path component: letters, digits, `-`, `_` and inner `.` stay, any other byte becomes
/// %XX. Longer than 200 bytes: its first 120 bytes, `~` and the text's SHA-256. Different texts have
/// different names, and no name is `.`, `..`, hidden or longer than a file system allows.
[[nodiscard]] std::string escaped(std::string_view text);

/// A value within one line of a text file: control characters, spaces and `%` become %XX.
[[nodiscard]] std::string line_value(std::string_view text);
/// @throws Error{Errc::corrupt} when it is not what line_value makes.
[[nodiscard]] std::string from_line_value(std::string_view text);

/// The bytes behind hexadecimal digits. @throws Error{Errc::corrupt}
[[nodiscard]] std::string from_hex(std::string_view hex);

/// The directory of a store. docs/file-storage.md draws it.
class Layout {
public:
    explicit Layout(std::string root) : root_{std::move(root)} {}

    [[nodiscard]] const std::string& root() const noexcept { return root_; }
    [[nodiscard]] std::string version() const { return root_ + "/VERSION"; }
    [[nodiscard]] std::string lock() const { return root_ + "/lock"; }
    [[nodiscard]] std::string journal() const { return root_ + "/journal"; }
    [[nodiscard]] std::string snapshot() const { return root_ + "/index.snapshot"; }
    [[nodiscard]] std::string last_seen() const { return root_ + "/last-seen"; }
    [[nodiscard]] std::string enrollments() const { return root_ + "/enrollments"; }
    [[nodiscard]] std::string commands() const { return root_ + "/commands"; }
    [[nodiscard]] std::string push_certificates() const { return root_ + "/push-certificates"; }
    [[nodiscard]] std::string events() const { return root_ + "/events"; }

    /// One of 256 directories that share the enrollments among them.
    [[nodiscard]] std::string enrollment_shelf(std::string_view id) const;
    [[nodiscard]] std::string enrollment(std::string_view id) const;
    [[nodiscard]] std::string command_shelf(std::string_view uuid) const;
    /// Without its endings `.plist` (the body) and `.ids` (who it was enqueued to).
    [[nodiscard]] std::string command(std::string_view uuid) const;
    [[nodiscard]] std::string push_certificate(std::string_view topic) const;

private:
    std::string root_;
};

} // namespace nanomdm::storage::file
