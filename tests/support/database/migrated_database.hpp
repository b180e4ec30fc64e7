// A database with the product's tables, for tests of what works on them.
#pragma once

#include "storage/mysql/options.hpp"
#include "support/database/mariadb_server.hpp"

#include <string>
#include <vector>

namespace nanomdm::test {

/// How the plain user, who has no rights beyond the database, reaches it.
[[nodiscard]] storage::mysql::Endpoint endpoint_of(const MariaDbServer& server, const std::string& database);
/// How root does, through the Unix socket.
[[nodiscard]] storage::mysql::Endpoint root_endpoint(const MariaDbServer& server);

/// Made once by the product's own migrations, then emptied for each test.
class MigratedDatabase {
public:
    MigratedDatabase(MariaDbServer& server, std::string name);

    /// For storage that is emptied between tests; last seen is written ten times a second.
    [[nodiscard]] storage::MySqlOptions options() const;
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// Removes every row that was not there after the migrations. Nobody else may be using the tables.
    void empty() const;

private:
    const MariaDbServer& server_;
    const std::string name_;
    std::vector<std::string> tables_; ///< that had no rows
};

} // namespace nanomdm::test
