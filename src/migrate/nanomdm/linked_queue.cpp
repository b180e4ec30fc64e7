// Forward from the first item, back from the last, then from every item that nothing leads to.
#include "migrate/nanomdm/linked_queue.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace nanomdm::migrate {
namespace {

class Walk {
public:
    explicit Walk(const QueueLinks& links) : links_{links} {}

    RestoredQueue restore() {
        RestoredQueue queue;
        if (links_.first) queue.reachable = follow(*links_.first, &QueueLinks::Item::next);
        if (links_.last && !seen_.contains(*links_.last)) {
            auto back = follow(*links_.last, &QueueLinks::Item::prev);
            queue.reachable.insert(queue.reachable.end(), back.rbegin(), back.rend());
            queue.is_cut = true;
        }
        for (auto& head : heads()) {
            if (seen_.contains(head)) continue;
            queue.lost.push_back(follow(head, &QueueLinks::Item::next));
        }
        queue.is_circular = is_circular_;
        return queue;
    }

private:
    /// Up to the end of the chain or an item that was met before.
    std::vector<std::string> follow(std::string uuid, std::optional<std::string> QueueLinks::Item::*link) {
        std::vector<std::string> chain;
        while (!uuid.empty() && seen_.insert(uuid).second) {
            chain.push_back(uuid);
            const auto item = links_.items.find(uuid);
            if (item == links_.items.end()) return chain;
            auto following = (item->second.*link).value_or("");
            if (seen_.contains(following) && std::ranges::find(chain, following) != chain.end())
                is_circular_ = true;
            uuid = std::move(following);
        }
        return chain;
    }

    /// Of what was not reached: the items that nothing leads to; then all others, of which any may be the
    /// head of a circle. An item without a `next` is no sign: clearing a queue forgets its last one.
    std::vector<std::string> heads() const {
        std::unordered_set<std::string> followed;
        std::vector<std::string> unreached;
        for (const auto& [uuid, item] : links_.items) {
            if (seen_.contains(uuid) || !item.next) continue;
            unreached.push_back(uuid);
            if (*item.next != uuid) followed.insert(*item.next);
        }
        std::ranges::sort(unreached);
        std::ranges::stable_partition(unreached,
                                      [&followed](const auto& uuid) { return !followed.contains(uuid); });
        return unreached;
    }

    const QueueLinks& links_;
    std::unordered_set<std::string> seen_;
    bool is_circular_ = false;
};

} // namespace

RestoredQueue restore(const QueueLinks& links) { return Walk{links}.restore(); }

} // namespace nanomdm::migrate
