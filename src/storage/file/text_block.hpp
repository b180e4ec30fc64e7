// Files that grow: blocks of one readable header line and the bytes it announces, each with a checksum.
#pragma once

#include "storage/file/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nanomdm::storage::file {

/// RFC 3339 in UTC with nanoseconds; "-" for never.
[[nodiscard]] std::string time_text(Timestamp at);
/// @throws Error{Errc::corrupt}
[[nodiscard]] Timestamp time_from_text(std::string_view text);

/// `#KIND key=value … bytes=N crc32c=XXXXXXXX`, a line break, N bytes, a line break.
class TextBlock {
public:
    explicit TextBlock(std::string kind) : kind_{std::move(kind)} {}

    TextBlock& set(std::string_view key, std::string_view value);
    TextBlock& set(std::string_view key, std::uint64_t value) { return set(key, std::to_string(value)); }

    [[nodiscard]] const std::string& kind() const noexcept { return kind_; }
    [[nodiscard]] bool has(std::string_view key) const noexcept { return find(key) != nullptr; }
    /// @throws Error{Errc::corrupt} when the key is missing (or no number).
    [[nodiscard]] const std::string& text(std::string_view key) const;
    [[nodiscard]] std::uint64_t number(std::string_view key) const;
    [[nodiscard]] std::string_view payload() const noexcept { return payload_; }

    /// The block as it is stored.
    [[nodiscard]] std::string encoded(std::string_view payload) const;

private:
    friend class TextBlocks;
    [[nodiscard]] const std::string* find(std::string_view key) const noexcept;

    std::string kind_;
    std::vector<std::pair<std::string, std::string>> fields_;
    std::string_view payload_; ///< of a block read: lies in the file's bytes
};

/// Walks the blocks of a file until one is missing, cut or damaged.
class TextBlocks {
public:
    explicit TextBlocks(std::string_view file) noexcept : file_{file} {}

    [[nodiscard]] std::optional<TextBlock> next();
    /// Goes on at the next good block behind damage. @return false when there is none: the rest is a torn
    /// end.
    [[nodiscard]] bool skip_damage();
    /// Where the last good block ends.
    [[nodiscard]] std::uint64_t end() const noexcept { return end_; }
    [[nodiscard]] bool is_complete() const noexcept { return end_ == file_.size(); }

private:
    std::string_view file_;
    std::uint64_t end_ = 0;
};

/// Appends `crc32c=XXXXXXXX` and a line break to a text of lines.
[[nodiscard]] std::string sealed(std::string text);
/// Without that line; nullopt when it is missing or does not match.
[[nodiscard]] std::optional<std::string_view> unsealed(std::string_view text);

} // namespace nanomdm::storage::file
