// The contract by three processes, each at its own node of a Galera cluster: what one has acknowledged, the
// others see at once.
#include "contract/spread_storage.hpp"
#include "contract/storage_contract.hpp"
#include "storage/mysql/mysql_storage.hpp"
#include "support/database/galera_cluster.hpp"
#include "support/database/migrated_database.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace nanomdm::contract {
namespace {

class OneCluster final : public testing::Environment {
public:
    void SetUp() override {
        test::GaleraCluster::Options options;
        options.durability = test::Durability::relaxed;
        cluster_.emplace(options);
        database_.emplace(cluster_->node(0), "contract");
    }
    void TearDown() override {
        database_.reset();
        cluster_.reset();
    }
    [[nodiscard]] const test::MigratedDatabase& database() const { return *database_; }
    [[nodiscard]] std::unique_ptr<AllStorage> open() {
        std::vector<std::unique_ptr<AllStorage>> all;
        for (std::size_t i = 0; i < cluster_->size(); ++i) {
            auto options = database_->options();
            options.endpoint.port = cluster_->node(i).port();
            options.patience = std::chrono::seconds{30}; // conflicts are seen at the commit only
            all.push_back(std::make_unique<storage::MySqlStorage>(options));
        }
        return std::make_unique<SpreadStorage>(std::move(all));
    }

private:
    std::optional<test::GaleraCluster> cluster_;
    std::optional<test::MigratedDatabase> database_;
};

auto* const environment = static_cast<OneCluster*>(testing::AddGlobalTestEnvironment(new OneCluster));

class GaleraInstance final : public Instance {
public:
    GaleraInstance() {
        environment->database().empty();
        storage_ = environment->open();
    }
    AllStorage& storage() override { return *storage_; }
    bool reopen() override {
        storage_.reset();
        storage_ = environment->open();
        return true;
    }

private:
    std::unique_ptr<AllStorage> storage_;
};

const Backend galera{.name = "Galera", .open_empty = [] { return std::make_unique<GaleraInstance>(); }};

NANOMDM_STORAGE_CONTRACT(Galera, galera);

} // namespace
} // namespace nanomdm::contract
