// DELETE rather than TRUNCATE: for a few rows it takes a tenth of the time.
#include "support/database/migrated_database.hpp"

#include "storage/mysql/schema.hpp"
#include "storage/mysql/session.hpp"
#include "support/database/data_template.hpp"

#include <utility>

namespace nanomdm::test {

storage::mysql::Endpoint endpoint_of(const MariaDbServer& server, const std::string& database) {
    storage::mysql::Endpoint endpoint;
    endpoint.user = plain_user;
    endpoint.password = plain_password;
    endpoint.port = server.port();
    endpoint.database = database;
    return endpoint;
}

storage::mysql::Endpoint root_endpoint(const MariaDbServer& server) {
    storage::mysql::Endpoint endpoint;
    endpoint.user = "root";
    endpoint.socket = server.socket().string();
    return endpoint;
}

MigratedDatabase::MigratedDatabase(MariaDbServer& server, std::string name)
    : server_{server}, name_{std::move(name)} {
    server.create_database(name_);
    const auto endpoint = endpoint_of(server, name_);
    storage::mysql::migrate_schema(endpoint);
    storage::mysql::Session session{endpoint};
    std::vector<std::string> all;
    {
        auto rows = session.query("SELECT table_name FROM information_schema.tables WHERE table_schema = "
                                  "DATABASE() AND table_type = 'BASE TABLE'");
        while (rows.next()) all.push_back(rows.text(0));
    }
    for (const auto& table : all)
        if (!session.query("SELECT 1 FROM `" + table + "` LIMIT 1").next()) tables_.push_back(table);
}

storage::MySqlOptions MigratedDatabase::options() const {
    storage::MySqlOptions options;
    options.endpoint = endpoint_of(server_, name_);
    options.last_seen_interval = std::chrono::milliseconds{100};
    return options;
}

void MigratedDatabase::empty() const {
    storage::mysql::Session session{endpoint_of(server_, name_)};
    session.run("SET SESSION foreign_key_checks = 0");
    session.begin();
    for (const auto& table : tables_) session.run("DELETE FROM `" + table + "`");
    session.commit();
}

} // namespace nanomdm::test
