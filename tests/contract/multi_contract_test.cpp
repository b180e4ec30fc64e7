// The contract on the multi-storage adapter: on what it answers, and on what its follower has got.
#include "contract/routed_storage.hpp"
#include "contract/storage_contract.hpp"
#include "storage/inmem/inmem_storage.hpp"
#include "storage/multi/multi_storage.hpp"

#include <stdexcept>
#include <utility>

namespace nanomdm::contract {
namespace {

using namespace std::chrono_literals;

/// Two storages in memory as one. `follower` points to the second as long as that lives.
struct Pair {
    Pair() {
        auto second = std::make_unique<storage::InMemStorage>();
        follower = second.get();
        std::vector<std::unique_ptr<storage::multi::Follower>> followers;
        followers.push_back(std::make_unique<storage::multi::Follower>(
            "2 (inmem)", std::move(second), nullptr, storage::multi::FollowerOptions{}));
        multi = std::make_unique<storage::MultiStorage>(std::make_unique<storage::InMemStorage>(),
                                                        std::move(followers));
    }

    AllStorage* follower;
    std::unique_ptr<storage::MultiStorage> multi;
};

class MultiInstance final : public Instance {
public:
    AllStorage& storage() override { return *pair_.multi; }
    bool reopen() override { return false; }

private:
    Pair pair_;
};

/// Written through the adapter, read from the follower once it has caught up.
class AsTheFollowerHasIt final : public RoutedStorage {
private:
    AllStorage& for_writing() override { return *pair_.multi; }
    AllStorage& for_outbox() override { return *pair_.multi; }
    AllStorage& for_reading() override {
        auto& follower = *pair_.multi->followers().front();
        if (!follower.flush(std::chrono::steady_clock::now() + 30s))
            throw std::runtime_error{"the follower has not caught up"};
        if (follower.statistics().missed != 0) throw std::runtime_error{"the follower missed writes"};
        return *pair_.follower;
    }

    Pair pair_;
};

class FollowerInstance final : public Instance {
public:
    AllStorage& storage() override { return storage_; }
    bool reopen() override { return false; }

private:
    AsTheFollowerHasIt storage_;
};

const Backend answers{.name = "Multi", .open_empty = [] { return std::make_unique<MultiInstance>(); }};
const Backend followed{.name = "Follower", .open_empty = [] { return std::make_unique<FollowerInstance>(); }};

NANOMDM_STORAGE_CONTRACT(Multi, answers);
NANOMDM_IMPORT_CONTRACT(Multi, answers);
NANOMDM_STORAGE_CONTRACT(Follower, followed);
NANOMDM_IMPORT_CONTRACT(Follower, followed);

} // namespace
} // namespace nanomdm::contract
