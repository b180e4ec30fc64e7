#include "app/mysql_backend.hpp"

#include "app/storage_settings.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"
#include "storage/mysql/mysql_storage.hpp"
#include "storage/mysql/schema.hpp"

#include <iostream>

namespace nanomdm::app {
namespace {

constexpr std::size_t largest_pool = 1000;
constexpr std::chrono::seconds forever{0};

storage::mysql::Endpoint endpoint(const StorageOptions& options) try {
    if (options.dsn.empty()) throw UsageError{"-storage-dsn: missing; says where the database is"};
    return storage::mysql::parse_dsn(options.dsn);
} catch (const Error& error) {
    throw UsageError{std::string{"-storage-dsn: "} + error.what()};
}

storage::MySqlOptions mysql_options(const StorageOptions& options) {
    storage::MySqlOptions mysql;
    mysql.endpoint = endpoint(options);
    StorageSettings settings{options.settings};
    mysql.delete_finished = settings.take_boolean("delete");
    mysql.retention = settings.take_duration("retention").value_or(forever);
    mysql.pool.size = settings.take_count("pool", mysql.pool.size, largest_pool);
    mysql.pool.max_lifetime = settings.take_duration("conn_max_lifetime").value_or(forever);
    mysql.pool.max_idle_time = settings.take_duration("conn_max_idle_time").value_or(forever);
    settings.expect_none_left("mysql");
    return mysql;
}

void check_mysql(const storage::mysql::Endpoint& endpoint) {
    storage::mysql::Session session{endpoint};
    storage::mysql::check_schema(session);
}

} // namespace

OpenedStorage open_mysql(const StorageOptions& options) {
    const auto mysql = mysql_options(options);
    for (const auto& parameter : mysql.endpoint.ignored)
        log::warning("a parameter of the DSN means nothing here", {{"parameter", parameter}});
    if (options.migrate_schema) {
        storage::mysql::migrate_schema(mysql.endpoint, [](const storage::mysql::SchemaProgress& progress) {
            log::info("migrating the schema", {{"migration", progress.name}, {"doing", progress.doing}});
        });
    }
    check_mysql(mysql.endpoint);
    auto store = std::make_unique<storage::MySqlStorage>(mysql);
    log::info("database",
              {{"address", mysql.endpoint.description()}, {"pool", std::to_string(mysql.pool.size)}});
    const auto largest = store->largest_message();
    const auto collect = [&store = *store, size = mysql.pool.size](metrics::Exposition& exposition) {
        const auto use = store.pool_use();
        const auto gauge = [&](const char* name, const char* help, std::size_t value) {
            exposition.gauge(name, help, static_cast<double>(value));
        };
        gauge("nanomdm_mysql_pool_size", "Connections there may be.", size);
        gauge("nanomdm_mysql_pool_open_connections", "Connections there are.", use.open);
        gauge("nanomdm_mysql_pool_in_use_connections", "Connections that are being used.", use.in_use);
        gauge("nanomdm_mysql_pool_waiting", "Callers that wait for a connection.", use.waiting);
    };
    return {.store = std::move(store), .largest_message = largest, .collect = collect};
}

unsigned mysql_connections(const StorageOptions& options) {
    return static_cast<unsigned>(mysql_options(options).pool.size);
}

void migrate_mysql(const StorageOptions& options) {
    const auto mysql = mysql_options(options);
    storage::mysql::migrate_schema(mysql.endpoint, [](const storage::mysql::SchemaProgress& progress) {
        std::cout << progress.name << ": " << progress.doing << std::endl;
    });
    std::cout << "the schema is current (version " << storage::mysql::newest_schema() << ")\n";
}

} // namespace nanomdm::app
