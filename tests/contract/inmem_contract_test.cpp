// The contract on the in-memory backend.
#include "contract/storage_contract.hpp"
#include "storage/inmem/inmem_storage.hpp"

namespace nanomdm::contract {
namespace {

class InMemInstance final : public Instance {
public:
    AllStorage& storage() override { return storage_; }
    bool reopen() override { return false; }

private:
    storage::InMemStorage storage_;
};

const Backend inmem{.name = "InMem", .open_empty = [] { return std::make_unique<InMemInstance>(); }};

NANOMDM_STORAGE_CONTRACT(InMem, inmem);
NANOMDM_IMPORT_CONTRACT(InMem, inmem);

} // namespace
} // namespace nanomdm::contract
