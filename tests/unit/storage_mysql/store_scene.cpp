#include "unit/storage_mysql/store_scene.hpp"

#include "support/database/migrated_database.hpp"

#include <algorithm>
#include <latch>
#include <limits>
#include <optional>
#include <thread>

namespace nanomdm::storage::mysql::test {
namespace {

class OneDatabase final : public testing::Environment {
public:
    void SetUp() override {
        nanomdm::test::MariaDbServer::Options options;
        options.durability = nanomdm::test::Durability::relaxed; // no test here cuts the power
        server_.emplace(options);
        database_.emplace(*server_, "stores");
    }
    void TearDown() override {
        database_.reset();
        server_.reset();
    }
    [[nodiscard]] nanomdm::test::MariaDbServer& server() { return *server_; }
    [[nodiscard]] const nanomdm::test::MigratedDatabase& database() const { return *database_; }

private:
    std::optional<nanomdm::test::MariaDbServer> server_;
    std::optional<nanomdm::test::MigratedDatabase> database_;
};

auto* const environment = static_cast<OneDatabase*>(testing::AddGlobalTestEnvironment(new OneDatabase));

Endpoint emptied_database() {
    environment->database().empty();
    auto endpoint = nanomdm::test::root_endpoint(environment->server());
    endpoint.database = environment->database().name();
    return endpoint;
}

} // namespace

StoreTest::StoreTest() : session_{emptied_database()} { open_storage(options()); }

nanomdm::test::MariaDbServer& StoreTest::server() { return environment->server(); }

MySqlOptions StoreTest::options() { return environment->database().options(); }

std::string StoreTest::value(std::string_view sql) {
    auto rows = session_.query(sql);
    return rows.next() ? rows.text(0) : std::string{};
}

std::int64_t StoreTest::status(const std::string& name) {
    auto rows = session_.query("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE "
                               "VARIABLE_NAME = ?",
                               {std::string_view{name}});
    return rows.next() ? std::stoll(rows.text(0)) : 0;
}

std::int64_t StoreTest::round_trips_of(const std::function<void()>& work) {
    auto least = std::numeric_limits<std::int64_t>::max();
    for (int time = 0; time < 25; ++time) {
        const auto before = statements_ever();
        work();
        least = std::min(least, statements_ever() - before - 1); // the one that asked
    }
    return least;
}

std::int64_t StoreTest::statements_ever() {
    return std::stoll(
        value("SELECT SUM(IF(VARIABLE_NAME IN ('COM_BEGIN', 'COM_COMMIT'), -1, 1) * VARIABLE_VALUE) FROM "
              "information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME IN ('QUESTIONS', 'COM_STMT_PREPARE', "
              "'COM_BEGIN', 'COM_COMMIT')"));
}

void StoreTest::enroll(const Enrollment& device) {
    storage().store_authenticate(authenticate(device), "pem of " + device.id.str());
    storage().store_token_update(token_update(device));
}

void in_parallel(int count, const std::function<void(int)>& work) {
    std::latch start{count};
    std::vector<std::jthread> threads;
    for (int i = 0; i < count; ++i)
        threads.emplace_back([&, i] {
            start.arrive_and_wait();
            try {
                work(i);
            } catch (const std::exception& error) {
                ADD_FAILURE() << "thread " << i << ": " << error.what();
            }
        });
}

} // namespace nanomdm::storage::mysql::test
