// The webhook on MariaDB, a database for each server.
#include "e2e/webhook_suite.hpp"
#include "support/database/mariadb_server.hpp"

namespace nanomdm::test {
namespace {

std::shared_ptr<void> open_database(std::vector<std::string>& flags) {
    static MariaDbServer server;
    static int count = 0;
    const auto name = "webhook" + std::to_string(++count);
    server.create_database(name);
    flags = {"-storage", "mysql", "-storage-dsn", server.dsn(name), "-migrate-schema=auto"};
    return nullptr;
}

const WebhookStore mysql{.name = "MySql", .open = open_database};

NANOMDM_WEBHOOK_SUITE(MySql, mysql);
NANOMDM_WEBHOOK_KILL_SUITE(MySql, mysql);

} // namespace
} // namespace nanomdm::test
