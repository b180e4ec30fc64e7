// The walk. A meta's checksum does not cover other pages: what was copied while it was written to, or lost a
// write, shows here or nowhere.
#include "migrate/bolt/check.hpp"

#include <optional>
#include <vector>

namespace nanomdm::migrate::bolt {
namespace {

using namespace format;

/// Keys of a page, by what the branch above says: from `first`, below `end`.
struct Range {
    std::optional<std::string_view> first = {};
    std::optional<std::string_view> end = {};
};

class Check {
public:
    explicit Check(const Pages& pages) : pages_{pages}, used_(pages.meta().high_water) {}

    void run() {
        check_node(take(pages_.root()), {}, 0);
        if (pages_.meta().freelist != no_freelist) check_freelist(take(pages_.page(pages_.meta().freelist)));
    }

private:
    /// Marks what it consists of.
    Page take(Page page) {
        for (auto id = page.id(); id <= page.id() + page.overflow(); ++id) {
            if (used_[id]) page.fail("is used twice, as page " + std::to_string(id));
            used_[id] = true;
        }
        return page;
    }

    void check_node(const Page& page, const Range& range, std::size_t depth) {
        if (depth > max_depth) page.fail("lies too deep");
        check_keys(page, range);
        for (std::size_t i = 0; i < page.count(); ++i) {
            if (page.is_branch()) {
                check_child(page, i, range, depth);
            } else if (const auto element = page.leaf(i); element.is_bucket) {
                check_bucket(page, element.value, depth);
            }
        }
    }

    void check_child(const Page& page, std::size_t i, const Range& range, std::size_t depth) {
        const auto element = page.branch(i);
        const auto end = i + 1 < page.count() ? std::optional{page.key(i + 1)} : range.end;
        check_node(take(pages_.child(page, element.child)), {element.key, end}, depth + 1);
    }

    void check_bucket(const Page& page, std::string_view value, std::size_t depth) {
        auto root = pages_.bucket_root(page, value);
        const bool is_inline = load<std::uint64_t>(value, 0) == 0;
        check_node(is_inline ? root : take(root), {}, depth + 1);
    }

    /// Keys and values follow each other without gap or overlap, as Bolt writes them: a file cannot have the
    /// same bytes looked at again and again, and hardly a wrong size goes unnoticed.
    static void check_keys(const Page& page, const Range& range) {
        const char* end = page.bytes().data() + page_header_size + page.count() * element_size;
        std::optional<std::string_view> before;
        for (std::size_t i = 0; i < page.count(); ++i) {
            const auto key = page.key(i);
            const auto fail = [&](const char* what) {
                page.fail("has element " + std::to_string(i) + " " + what);
            };
            if (key.data() != end) fail("not behind the one before");
            if (key.empty()) fail("without a key");
            if (before && key <= *before) fail("out of order");
            if ((range.first && key < *range.first) || (range.end && key >= *range.end))
                fail("that belongs into another page");
            before = key;
            const auto last = page.is_branch() ? key : page.leaf(i).value;
            end = last.data() + last.size();
        }
    }

    void check_freelist(const Page& page) const {
        page.expect(freelist_page, "the freelist");
        const auto room = (page.bytes().size() - page_header_size) / sizeof(PageId);
        std::uint64_t first = 0;
        std::uint64_t count = page.count();
        if (count == many_free_pages) {
            if (room == 0) page.fail("has no room for its count");
            count = load<std::uint64_t>(page.bytes(), page_header_size);
            first = 1;
        }
        if (count > room - first) page.fail("has no room for its " + std::to_string(count) + " free pages");
        for (auto i = first; i < first + count; ++i) {
            const auto id = load<std::uint64_t>(page.bytes(), page_header_size + i * sizeof(PageId));
            if (id < first_page_after_metas || id >= used_.size())
                page.fail("names the free page " + std::to_string(id) + ", which is none");
            if (used_[id]) page.fail("names page " + std::to_string(id) + ", which is in use");
        }
    }

    const Pages& pages_;
    std::vector<bool> used_;
};

} // namespace

void check(const Pages& pages) { Check{pages}.run(); }

} // namespace nanomdm::migrate::bolt
