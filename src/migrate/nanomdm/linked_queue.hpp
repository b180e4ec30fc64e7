// The linked list that a `filekv` store keeps a queue in, and what can be made of a broken one.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace nanomdm::migrate {

/// The keys `first` and `last` of a queue, and `next` and `prev` of its items.
struct QueueLinks {
    struct Item {
        std::optional<std::string> next = {};
        std::optional<std::string> prev = {};
    };
    std::optional<std::string> first = {};
    std::optional<std::string> last = {};
    std::unordered_map<std::string, Item> items = {}; ///< of those that have a link at all
};

/// NanoMDM breaks its own lists: a report on a command that it never sent takes `first` and `last` away from
/// a full queue, and enqueueing to an ID twice in one call makes an item follow itself.
struct RestoredQueue {
    /// What `first` leads to, then what only `last` leads back to, in order.
    std::vector<std::string> reachable = {};
    /// Chains that neither leads to, each from its head on: they were there before what can be reached.
    std::vector<std::vector<std::string>> lost = {};
    bool is_circular = false; ///< following it comes back to an item
    bool is_cut = false;      ///< a part of it only `last` leads back to
};

[[nodiscard]] RestoredQueue restore(const QueueLinks& links);

} // namespace nanomdm::migrate
