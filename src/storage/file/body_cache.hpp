// The bodies of commands read from disk lately: one command usually goes to many enrollments in a row.
#pragma once

#include "storage/file/bytes.hpp"
#include "storage/file/index.hpp"

#include <list>
#include <mutex>
#include <string>
#include <string_view>

namespace nanomdm::storage::file {

/// Any thread. Forgets what was least recently used.
class BodyCache {
public:
    explicit BodyCache(std::size_t most_bytes) noexcept : most_bytes_{most_bytes} {}

    /// @param created tells a command from an earlier one of the same UUID. @return null: not here.
    [[nodiscard]] Bytes find(std::string_view uuid, Lsn created) {
        const std::lock_guard lock{mutex_};
        const auto found = by_uuid_.find(uuid);
        if (found == by_uuid_.end() || found->second->created != created) return nullptr;
        recent_.splice(recent_.begin(), recent_, found->second);
        return found->second->body;
    }

    void put(std::string_view uuid, Lsn created, Bytes body) {
        const std::lock_guard lock{mutex_};
        if (body->size() > most_bytes_ / 4) return;
        if (const auto known = by_uuid_.find(uuid); known != by_uuid_.end()) forget(known->second);
        bytes_ += body->size();
        recent_.push_front({std::string{uuid}, created, std::move(body)});
        by_uuid_.emplace(recent_.front().uuid, recent_.begin());
        while (bytes_ > most_bytes_) forget(std::prev(recent_.end()));
    }

private:
    struct Item {
        std::string uuid;
        Lsn created = 0;
        Bytes body;
    };

    void forget(std::list<Item>::iterator item) {
        bytes_ -= item->body->size();
        by_uuid_.erase(item->uuid);
        recent_.erase(item);
    }

    const std::size_t most_bytes_;
    std::mutex mutex_;
    std::list<Item> recent_; ///< most recently used first
    TextMap<std::list<Item>::iterator> by_uuid_;
    std::size_t bytes_ = 0;
};

} // namespace nanomdm::storage::file
