// Several processes on one database, as one storage: each call goes to the next of them.
#pragma once

#include "contract/routed_storage.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace nanomdm::contract {

/// What one of them did, the others must see at once: neither may keep anything of its own.
class SpreadStorage final : public RoutedStorage {
public:
    explicit SpreadStorage(std::vector<std::unique_ptr<AllStorage>> storages)
        : storages_{std::move(storages)} {}

private:
    AllStorage& next() { return *storages_[calls_++ % storages_.size()]; }
    AllStorage& for_writing() override { return next(); }
    AllStorage& for_reading() override { return next(); }
    AllStorage& for_outbox() override { return next(); }

    std::vector<std::unique_ptr<AllStorage>> storages_;
    std::atomic<std::size_t> calls_{0};
};

} // namespace nanomdm::contract
