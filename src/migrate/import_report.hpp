// What an import has done: counts by kind, and for everything that needs a look, why and which.
#pragma once

#include "migrate/import_source.hpp"
#include "migrate/progress_line.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace nanomdm::migrate {

enum class ImportedAs { imported, updated, unchanged, enrolled_here };

/// Thread-safe. Its size does not grow with the fleet: of each reason it keeps the number and the first IDs;
/// the log has each of them, failures as warnings, the rest for debugging.
class ImportReport {
public:
    void expect(std::uint64_t enrollments);
    void count(ImportKind kind, ImportedAs as, std::uint64_t number = 1);
    /// Failures as well.
    void skip(const Skipped& skipped);
    void remark(const Remark& remark);

    /// Something could not be brought over.
    [[nodiscard]] bool has_failures() const;
    [[nodiscard]] Progress progress() const;
    /// A table, then the reasons. For people; IDs hold no control characters any more.
    void print(std::ostream& out) const;

private:
    struct Group {
        std::uint64_t number = 0;
        std::vector<std::string> first_ids;
    };
    struct Row {
        std::array<std::uint64_t, 4> done{}; ///< by ImportedAs
        std::uint64_t skipped = 0;
        std::uint64_t failed = 0;
    };
    using Groups = std::map<std::pair<ImportKind, std::string>, Group>;

    static void add(Groups& groups, ImportKind kind, const std::string& reason, const std::string& id);
    static void print(std::ostream& out, const char* heading, const Groups& groups);

    mutable std::mutex mutex_;
    std::array<Row, 6> rows_{}; ///< by ImportKind
    Groups skipped_;
    Groups failed_;
    Groups remarks_;
    std::optional<std::uint64_t> expected_;
};

} // namespace nanomdm::migrate
