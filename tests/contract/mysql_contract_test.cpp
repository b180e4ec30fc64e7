// The contract on the MySQL backend, by one process and by three on the same tables, which are emptied for
// each test. One MariaDB for the program.
#include "contract/spread_storage.hpp"
#include "contract/storage_contract.hpp"
#include "storage/mysql/mysql_storage.hpp"
#include "support/database/migrated_database.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace nanomdm::contract {
namespace {

class OneDatabase final : public testing::Environment {
public:
    void SetUp() override {
        test::MariaDbServer::Options options;
        options.durability = test::Durability::relaxed; // what a power cut may take is not the subject here
        server_.emplace(options);
        database_.emplace(*server_, "contract");
    }
    void TearDown() override {
        database_.reset();
        server_.reset();
    }
    [[nodiscard]] const test::MigratedDatabase& database() const { return *database_; }

private:
    std::optional<test::MariaDbServer> server_;
    std::optional<test::MigratedDatabase> database_;
};

const auto* const environment =
    static_cast<const OneDatabase*>(testing::AddGlobalTestEnvironment(new OneDatabase));

class MySqlInstance final : public Instance {
public:
    explicit MySqlInstance(int processes) : processes_{processes} {
        environment->database().empty();
        open();
    }
    AllStorage& storage() override { return *storage_; }
    bool reopen() override {
        storage_.reset();
        open();
        return true;
    }

private:
    void open() {
        std::vector<std::unique_ptr<AllStorage>> all;
        for (int i = 0; i < processes_; ++i)
            all.push_back(std::make_unique<storage::MySqlStorage>(environment->database().options()));
        if (processes_ == 1)
            storage_ = std::move(all.front());
        else
            storage_ = std::make_unique<SpreadStorage>(std::move(all));
    }

    const int processes_;
    std::unique_ptr<AllStorage> storage_;
};

const Backend one{.name = "MySql", .open_empty = [] { return std::make_unique<MySqlInstance>(1); }};
const Backend three{.name = "MySqlByThree", .open_empty = [] { return std::make_unique<MySqlInstance>(3); }};

NANOMDM_STORAGE_CONTRACT(MySql, one);
NANOMDM_STORAGE_CONTRACT(MySqlByThree, three);

} // namespace
} // namespace nanomdm::contract
