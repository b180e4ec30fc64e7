// Databases for the tests of the schema: made, migrated, and looked at as a whole.
#pragma once

#include "storage/mysql/schema.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::storage::mysql::test {

/// A database of the test's own on the program's server; dropped at the end.
class SchemaScene {
public:
    /// @param character_set such as `latin1 COLLATE latin1_swedish_ci`
    explicit SchemaScene(std::string_view character_set = "utf8mb4 COLLATE utf8mb4_general_ci");
    ~SchemaScene();
    SchemaScene(const SchemaScene&) = delete;
    SchemaScene& operator=(const SchemaScene&) = delete;

    /// Runs statements, as an administrator would.
    void sql(const std::string& statements) const;
    void make_nanomdm(int version) const;
    void migrate(const SchemaObserver& observe = {}) const;
    /// The message of the refusal; empty: there was none.
    [[nodiscard]] std::string refusal() const;

    /// All rows of a query, columns parted by blanks.
    [[nodiscard]] std::vector<std::string> rows(std::string_view query) const;
    /// Columns, indexes, foreign keys, checks and views, a line each, without what the server names by
    /// itself.
    [[nodiscard]] std::vector<std::string> structure() const;
    /// The rows of all tables but the bookkeeping's, without the time of the test.
    [[nodiscard]] std::vector<std::string> contents() const;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }

private:
    std::string name_;
    Endpoint endpoint_;
};

} // namespace nanomdm::storage::mysql::test
