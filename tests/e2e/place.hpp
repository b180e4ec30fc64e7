// A storage on disk or in a database, for programs that move fleets.
#pragma once

#include "nanomdm/storage/storage.hpp"
#include "support/process/temp_dir.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace nanomdm::test {

/// Opened here by the test, elsewhere by a program; a file store never by both at once.
class Place {
public:
    /// @param backend "file", "mysql" or "inmem"
    /// @param is_made whether the database has its tables; a file store is made when it is opened
    explicit Place(std::string backend, bool is_made = true);

    [[nodiscard]] std::vector<std::string> flags() const;
    [[nodiscard]] std::unique_ptr<AllStorage> open() const;
    [[nodiscard]] bool can_be_opened() const { return backend_ != "inmem"; }
    /// Of a file store.
    [[nodiscard]] std::filesystem::path directory() const { return directory_ / "db"; }
    /// Of a database: runs statements in it. @return rows as lines
    std::string sql(const std::string& statements) const;

private:
    std::string backend_;
    std::string name_; ///< of the database
    TempDir directory_;
};

} // namespace nanomdm::test
