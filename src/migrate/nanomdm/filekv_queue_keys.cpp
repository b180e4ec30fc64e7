// The names of one part of one directory, sorted, and what can be read off them.
#include "migrate/nanomdm/filekv_queue_keys.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <string_view>

namespace nanomdm::migrate {
namespace {

constexpr std::string_view item_infix = ".queueitem.";

struct Ending {
    std::string_view text;
    bool FileKvItem::*member;
};
constexpr std::array<Ending, 4> endings{{
    {".queueitem.next", &FileKvItem::has_next},
    {".queueitem.prev", &FileKvItem::has_prev},
    {".queueitem.status", &FileKvItem::has_status},
    {".queueitem.report", &FileKvItem::has_report},
}};

/// An ID and a key of it are in the same part: both begin with this.
std::size_t part_number(std::string_view id_or_key, std::size_t parts) noexcept {
    return parts == 1 ? 0 : std::hash<std::string_view>{}(id_or_key.substr(0, id_or_key.find('.'))) % parts;
}

/// @param rest a key behind its ID and the dot
void add_key(std::string_view rest, std::map<std::string, FileKvItem, std::less<>>& items) {
    for (const auto& [text, member] : endings) {
        if (!rest.ends_with(text) || rest.size() == text.size()) continue;
        const auto uuid = rest.substr(0, rest.size() - text.size());
        auto found = items.find(uuid);
        if (found == items.end()) found = items.emplace(uuid, FileKvItem{.uuid = std::string{uuid}}).first;
        found->second.*member = true;
    }
}

} // namespace

std::size_t FileKvQueueKeys::parts_in(const FileKvBucket::Leaf& leaf) {
    if (counted_leaf_ != leaf) {
        std::size_t names = 0;
        queue_.for_each_key(leaf, [&names](const std::string&) { ++names; });
        parts_ = names / names_held_ + 1;
        counted_leaf_ = leaf;
    }
    return parts_;
}

std::size_t FileKvQueueKeys::part_of(const std::string& id) {
    const auto leaves = queue_.leaves_of_prefix(id + ".");
    return leaves.size() == 1 ? part_number(id, parts_in(leaves.front())) : 0;
}

void FileKvQueueKeys::load(const FileKvBucket::Leaf& leaf, std::size_t part) {
    if (loaded_leaf_ == leaf && loaded_part_ == part) return;
    const auto parts = parts_in(leaf);
    loaded_leaf_.reset();
    keys_.clear();
    queue_.for_each_key(leaf, [this, part, parts](const std::string& key) {
        if (part_number(key, parts) == part && key.find(item_infix) != std::string::npos)
            keys_.push_back(key);
    });
    std::ranges::sort(keys_);
    loaded_leaf_ = leaf;
    loaded_part_ = part;
}

std::vector<FileKvItem> FileKvQueueKeys::items_of(const std::string& id) {
    const auto prefix = id + ".";
    std::map<std::string, FileKvItem, std::less<>> found;
    for (const auto& leaf : queue_.leaves_of_prefix(prefix)) {
        load(leaf, part_number(id, parts_in(leaf)));
        for (auto at = std::ranges::lower_bound(keys_, prefix); at != keys_.end() && at->starts_with(prefix);
             ++at)
            add_key(std::string_view{*at}.substr(prefix.size()), found);
    }
    std::vector<FileKvItem> items;
    items.reserve(found.size());
    for (auto& [uuid, item] : found) items.push_back(std::move(item));
    return items;
}

} // namespace nanomdm::migrate
