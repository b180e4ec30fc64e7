#include "e2e/place.hpp"

#include "e2e/scene.hpp"
#include "storage/file/file_storage.hpp"
#include "storage/mysql/mysql_storage.hpp"
#include "support/database/migrated_database.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace nanomdm::test {
namespace {

/// One for all the databases of a program.
MariaDbServer& database() {
    static MariaDbServer server{{.durability = Durability::relaxed}};
    return server;
}

} // namespace

Place::Place(std::string backend, bool is_made) : backend_{std::move(backend)} {
    if (backend_ != "mysql") return;
    static int number = 0;
    name_ = "place" + std::to_string(++number);
    database().create_database(name_);
    if (!is_made) return;
    auto command = flags();
    command.insert(command.begin(), nanomdm_binary());
    command.emplace_back("-migrate-schema");
    EXPECT_EQ(run(command, 60s).status.code, 0);
}

std::vector<std::string> Place::flags() const {
    if (backend_ == "inmem") return {"-storage", "inmem"};
    if (backend_ == "mysql") return {"-storage", "mysql", "-storage-dsn", database().dsn(name_)};
    return {"-storage", "file", "-storage-dsn", directory().string()};
}

std::unique_ptr<AllStorage> Place::open() const {
    if (backend_ == "file")
        return std::make_unique<storage::FileStorage>(storage::FileOptions{.directory = directory()});
    storage::MySqlOptions options;
    options.endpoint = endpoint_of(database(), name_);
    return std::make_unique<storage::MySqlStorage>(options);
}

std::string Place::sql(const std::string& statements) const { return database().sql(statements, name_); }

} // namespace nanomdm::test
