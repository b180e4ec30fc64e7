// Commands on disk: the body exactly as enqueued, and beside it everyone it was ever enqueued to.
#pragma once

#include "storage/file/files.hpp"
#include "storage/file/names.hpp"
#include "storage/file/unwritten.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace nanomdm::storage::file {

struct StoredCommand {
    std::string request_type;
    std::uint32_t body_size = 0;
    std::uint32_t body_crc = 0;
    Timestamp last_enqueued = 0;
    std::unordered_set<std::string> recipients;
    bool is_complete = true; ///< false: something follows the last good block
};

class CommandFiles {
public:
    CommandFiles(Files& files, const Layout& layout) noexcept : files_{files}, layout_{layout} {}

    [[nodiscard]] std::string body_path(std::string_view uuid) const {
        return layout_.command(uuid) + ".plist";
    }
    [[nodiscard]] std::optional<std::string> body(std::string_view uuid) const;
    /// The same held against its checksum; nullopt also when it is not what was enqueued.
    [[nodiscard]] std::optional<std::string> intact_body(std::string_view uuid) const;
    /// @return nullopt when the command is not stored.
    [[nodiscard]] std::optional<StoredCommand> read(std::string_view uuid) const;
    /// The same of the file `path`, `….ids`.
    [[nodiscard]] std::optional<StoredCommand> read_path(const std::string& path) const;
    /// Whether the enrollment is among those it was ever enqueued to.
    [[nodiscard]] bool was_given_to(std::string_view uuid, std::string_view id) const;

    /// @param is_careful see ResultFiles::append
    void write(std::string_view uuid, const CommandChanges& changes, bool is_careful);

private:
    Files& files_;
    const Layout& layout_;
};

} // namespace nanomdm::storage::file
