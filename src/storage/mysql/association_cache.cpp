#include "storage/mysql/association_cache.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace nanomdm::storage::mysql {

AssociationCache::AssociationCache(std::size_t capacity, std::chrono::seconds lifetime)
    : young_capacity_{std::max<std::size_t>(1, capacity / (2 * shard_count))}, lifetime_{lifetime} {}

AssociationCache::Shard& AssociationCache::shard_of(const std::string& hash) {
    return shards_[std::hash<std::string>{}(hash) % shard_count];
}

bool AssociationCache::contains(const EnrollmentId& device, const std::string& hash, Clock::time_point now) {
    Shard& shard = shard_of(hash);
    const std::lock_guard lock{shard.mutex};
    for (const Associations* some : {&shard.young, &shard.old}) {
        const auto found = some->find(hash);
        if (found != some->end())
            return found->second.device == device && now - found->second.asked < lifetime_;
    }
    return false;
}

void AssociationCache::remember(const EnrollmentId& device, const std::string& hash,
                                Clock::time_point asked) {
    Shard& shard = shard_of(hash);
    Associations dropped; // freed without the lock
    const std::lock_guard lock{shard.mutex};
    if (shard.young.size() >= young_capacity_ && !shard.young.contains(hash)) {
        dropped = std::exchange(shard.old, std::exchange(shard.young, {}));
    }
    shard.young.insert_or_assign(hash, Association{device, asked});
}

void AssociationCache::forget(const EnrollmentId& device, const std::string& hash) {
    Shard& shard = shard_of(hash);
    const std::lock_guard lock{shard.mutex};
    for (Associations* some : {&shard.young, &shard.old}) {
        const auto found = some->find(hash);
        if (found != some->end() && found->second.device == device) some->erase(found);
    }
}

} // namespace nanomdm::storage::mysql
