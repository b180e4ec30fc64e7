// The results of an enrollment: one file per month in its directory, reports appended as they came.
#pragma once

#include "storage/file/files.hpp"
#include "storage/file/names.hpp"
#include "storage/file/unwritten.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::storage::file {

class ResultFiles {
public:
    ResultFiles(Files& files, const Layout& layout) noexcept : files_{files}, layout_{layout} {}

    /// Appends to the files of the months the reports came in. The enrollment's directory exists.
    /// @param is_careful a file may hold some of the entries already, or a torn one at its end: after a
    /// crash.
    void append(std::string_view id, const std::vector<ResultEntry>& entries, bool is_careful);
    /// The last entry for the command; nullopt: none. Reads the enrollment's files, newest month first.
    [[nodiscard]] std::optional<ResultEntry> newest(std::string_view id, std::string_view uuid) const;
    void drop_all(std::string_view id);
    /// Removes the files of months that ended before `oldest`. @return how many.
    std::size_t drop_before(std::string_view id, Timestamp oldest);

    /// An entry with an empty status says that what came before is forgotten (delete=1).
    [[nodiscard]] static std::string encoded(const ResultEntry& entry);
    /// @throws Error{Errc::corrupt}
    [[nodiscard]] static ResultEntry decoded(const class TextBlock& block);
    [[nodiscard]] static bool is_result_file(std::string_view name);

private:
    [[nodiscard]] std::vector<std::string> newest_first(std::string_view id) const;

    Files& files_;
    const Layout& layout_;
};

/// Appends the blocks in place of what an earlier attempt left of them.
/// @param blocks numbers and encoded blocks, ascending.
void append_carefully(OpenFile& file, const std::vector<std::pair<Lsn, std::string>>& blocks);

} // namespace nanomdm::storage::file
