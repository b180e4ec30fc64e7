#include "unit/storage_mysql/schema_scene.hpp"

#include "nanomdm/error.hpp"
#include "storage/mysql/session.hpp"
#include "support/database/mariadb_server.hpp"
#include "unit/storage_mysql/nanomdm_schemas.hpp"

#include <algorithm>
#include <atomic>
#include <gtest/gtest.h>
#include <memory>

namespace nanomdm::storage::mysql::test {
namespace {

using nanomdm::test::Durability;
using nanomdm::test::MariaDbServer;

/// The program's server, started before the first test.
class OneServer final : public testing::Environment {
public:
    void SetUp() override {
        server_ = std::make_unique<MariaDbServer>(MariaDbServer::Options{.durability = Durability::relaxed});
    }
    void TearDown() override { server_.reset(); }
    [[nodiscard]] MariaDbServer& get() { return *server_; }

private:
    std::unique_ptr<MariaDbServer> server_;
};

auto* const environment = static_cast<OneServer*>(testing::AddGlobalTestEnvironment(new OneServer));

std::string new_name() {
    static std::atomic<int> made = 0;
    return "schema_" + std::to_string(++made);
}

std::string line_of(const Rows& rows) {
    std::string line;
    for (unsigned i = 0; i < rows.columns(); ++i)
        line += (i == 0 ? "" : " ") + (rows.null(i) ? std::string{"NULL"} : rows.text(i));
    return line;
}

} // namespace

SchemaScene::SchemaScene(std::string_view character_set) : name_{new_name()} {
    auto& server = environment->get();
    server.create_database(name_);
    server.sql("ALTER DATABASE `" + name_ + "` CHARACTER SET " + std::string{character_set});
    endpoint_ = parse_dsn(server.dsn(name_));
}

SchemaScene::~SchemaScene() {
    try {
        environment->get().sql("DROP DATABASE `" + name_ + "`");
    } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
    }
}

void SchemaScene::sql(const std::string& statements) const {
    environment->get().sql("SET NAMES utf8mb4; SET time_zone = '+00:00'; " + statements, name_);
}

void SchemaScene::make_nanomdm(int version) const { sql(nanomdm_tables(version) + nanomdm_rows(version)); }

void SchemaScene::migrate(const SchemaObserver& observe) const {
    migrate_schema(endpoint_, observe, std::chrono::seconds{2});
}

std::string SchemaScene::refusal() const {
    try {
        migrate();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::invalid) << error.what();
        return error.what();
    }
    return {};
}

std::vector<std::string> SchemaScene::rows(std::string_view query) const {
    Session session{endpoint_};
    std::vector<std::string> lines;
    auto rows = session.query(query);
    while (rows.next()) lines.push_back(line_of(rows));
    return lines;
}

std::vector<std::string> SchemaScene::structure() const {
    std::vector<std::string> lines;
    for (const auto* query :
         {"SELECT 'table', table_name, engine, row_format, table_collation FROM information_schema.tables "
          "WHERE table_schema = DATABASE()",
          "SELECT 'column', table_name, column_name, column_type, collation_name, is_nullable, "
          "column_default, extra "
          "FROM information_schema.columns WHERE table_schema = DATABASE()",
          "SELECT 'index', table_name, index_name, non_unique, GROUP_CONCAT(column_name, ' ', collation "
          "ORDER BY seq_in_index) FROM information_schema.statistics WHERE table_schema = DATABASE() "
          "GROUP BY table_name, index_name, non_unique",
          "SELECT 'foreign key', k.table_name, k.constraint_name, k.referenced_table_name, r.delete_rule, "
          "r.update_rule, GROUP_CONCAT(k.column_name, ' ', k.referenced_column_name ORDER BY "
          "k.ordinal_position) "
          "FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r "
          "ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name "
          "AND r.table_name = k.table_name WHERE k.constraint_schema = DATABASE() "
          "GROUP BY k.table_name, k.constraint_name",
          "SELECT 'check', table_name, REPLACE(check_clause, '`', '') FROM "
          "information_schema.check_constraints "
          "WHERE constraint_schema = DATABASE()",
          "SELECT 'view', table_name, view_definition FROM information_schema.views "
          "WHERE table_schema = DATABASE()"})
        for (auto& line : rows(query)) lines.push_back(std::move(line));
    std::string::size_type at = 0;
    for (auto& line : lines) // a view's definition names its database
        while ((at = line.find("`" + name_ + "`.")) != std::string::npos) line.erase(at, name_.size() + 3);
    std::sort(lines.begin(), lines.end());
    return lines;
}

std::vector<std::string> SchemaScene::contents() const {
    std::vector<std::string> lines;
    for (const auto& table :
         rows("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
              "AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'nanomdm_schema%'")) {
        const auto columns = rows("SELECT GROUP_CONCAT('`', column_name, '`' ORDER BY column_name) "
                                  "FROM information_schema.columns WHERE table_schema = DATABASE() "
                                  "AND column_name NOT IN ('created_at', 'updated_at') AND table_name = '" +
                                  table + "'");
        for (const auto& row : rows("SELECT " + columns.at(0) + " FROM `" + table + "`"))
            lines.push_back(table + " " + row);
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

} // namespace nanomdm::storage::mysql::test
