// Searching and walking the trees of pages.
#include "migrate/bolt/database.hpp"

#include "migrate/bolt/check.hpp"

namespace nanomdm::migrate::bolt {
namespace {

/// @return the first element whose key is not lower; count() when there is none.
std::size_t lower_bound(const Page& page, std::string_view key) {
    std::size_t first = 0;
    std::size_t end = page.count();
    while (first < end) {
        const auto middle = first + (end - first) / 2;
        if (page.key(middle) < key) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first;
}

} // namespace

Cursor::Cursor(const Pages& pages, const Page& root) : pages_{&pages} {
    path_.push_back({root, 0});
    descend();
}

Entry Cursor::operator*() const {
    const auto element = path_.back().page.leaf(path_.back().i);
    return {element.key, element.value, element.is_bucket};
}

Cursor& Cursor::operator++() {
    ++path_.back().i;
    descend();
    return *this;
}

/// To the next element of a leaf from here on: up where a page is at its end, down where one is a branch.
void Cursor::descend() {
    while (!path_.empty()) {
        const auto& [page, i] = path_.back();
        if (i == page.count()) {
            path_.pop_back();
            if (!path_.empty()) ++path_.back().i;
        } else if (page.is_branch()) {
            if (path_.size() > format::max_depth) page.fail("lies too deep");
            path_.push_back({pages_->child(page, page.branch(i).child), 0});
        } else {
            return;
        }
    }
}

std::optional<Bucket::Found> Bucket::find(std::string_view key) const {
    auto page = root_;
    for (std::size_t depth = 0; page.is_branch(); ++depth) {
        if (depth > format::max_depth) page.fail("lies too deep");
        auto i = lower_bound(page, key);
        if (i == page.count() || page.key(i) != key) {
            if (i == 0) return std::nullopt;
            --i;
        }
        page = pages_->child(page, page.branch(i).child);
    }
    const auto i = lower_bound(page, key);
    if (i == page.count()) return std::nullopt;
    const auto element = page.leaf(i);
    if (element.key != key) return std::nullopt;
    return Found{page, element};
}

std::optional<std::string_view> Bucket::get(std::string_view key) const {
    const auto found = find(key);
    if (!found || found->element.is_bucket) return std::nullopt;
    return found->element.value;
}

std::optional<Bucket> Bucket::bucket(std::string_view name) const {
    const auto found = find(name);
    if (!found || !found->element.is_bucket) return std::nullopt;
    return Bucket{*pages_, pages_->bucket_root(found->page, found->element.value)};
}

Database::Database(const std::filesystem::path& path) : file_{path}, pages_{file_, choose_meta(file_)} {
    check(pages_);
}

Bucket Database::root() const { return {pages_, pages_.root()}; }

} // namespace nanomdm::migrate::bolt
