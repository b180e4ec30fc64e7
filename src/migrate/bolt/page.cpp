// Bounds of pages and of what is in them. Positions are 32 bits in the file and 64 here: no sum overflows.
#include "migrate/bolt/page.hpp"

#include "nanomdm/error.hpp"

namespace nanomdm::migrate::bolt {

using namespace format;

Page::Page(const MappedFile& file, std::string_view bytes, PageId id, std::uint64_t offset)
    : file_{&file}, bytes_{bytes}, id_{id}, offset_{offset} {
    if (bytes_.size() < page_header_size) fail("is too short for its header");
    flags_ = load<std::uint16_t>(bytes_, 8);
    count_ = load<std::uint16_t>(bytes_, 10);
}

std::uint32_t Page::overflow() const noexcept { return load<std::uint32_t>(bytes_, 12); }

void Page::expect(std::uint16_t flags, const char* what) const {
    if (flags_ != flags)
        fail(std::string{"should be "} + what + ", and has the flags " + std::to_string(flags_));
}

void Page::expect_elements() const {
    if (!is_branch()) expect(leaf_page, "a branch or a leaf");
    if (is_branch() && count_ == 0) fail("is a branch without children");
    if (page_header_size + count_ * element_size > bytes_.size())
        fail("has no room for its " + std::to_string(count_) + " elements");
}

BranchElement Page::branch(std::size_t i) const {
    const auto at = page_header_size + i * element_size;
    const auto key_size = load<std::uint32_t>(bytes_, at + 4);
    return {content(i, at, load<std::uint32_t>(bytes_, at), key_size), load<std::uint64_t>(bytes_, at + 8)};
}

LeafElement Page::leaf(std::size_t i) const {
    const auto at = page_header_size + i * element_size;
    const auto flags = load<std::uint32_t>(bytes_, at);
    if (flags != 0 && flags != bucket_element)
        fail("has element " + std::to_string(i) + " with the flags " + std::to_string(flags));
    const std::uint64_t key_size = load<std::uint32_t>(bytes_, at + 8);
    const std::uint64_t value_size = load<std::uint32_t>(bytes_, at + 12);
    const auto both = content(i, at, load<std::uint32_t>(bytes_, at + 4), key_size + value_size);
    return {both.substr(0, key_size), both.substr(key_size), flags == bucket_element};
}

std::string_view Page::key(std::size_t i) const { return is_branch() ? branch(i).key : leaf(i).key; }

std::string_view Page::content(std::size_t i, std::uint64_t element, std::uint64_t position,
                               std::uint64_t length) const {
    const auto start = element + position;
    if (start < page_header_size + count_ * element_size || start + length > bytes_.size())
        fail("has element " + std::to_string(i) + " outside its bounds");
    return bytes_.substr(start, length);
}

void Page::fail(const std::string& what) const {
    throw Error{Errc::corrupt, file_->name() + ": page " + std::to_string(id_) + " at offset " +
                                   std::to_string(offset_) + " " + what};
}

bool Pages::has(PageId id) const noexcept { return id >= first_page_after_metas && id < meta_.high_water; }

Page Pages::page(PageId id) const {
    if (!has(id))
        throw Error{Errc::corrupt, file_.name() + ": the meta names page " + std::to_string(id) +
                                       ", which is none of " + std::to_string(meta_.high_water)};
    const auto offset = id * meta_.page_size;
    const Page head{file_, file_.bytes(offset, meta_.page_size), id, offset};
    if (const auto named = load<std::uint64_t>(head.bytes(), 0); named != id)
        head.fail("calls itself " + std::to_string(named));
    if (head.overflow() == 0) return head;
    if (head.overflow() >= meta_.high_water - id) head.fail("overflows the end of the file");
    return {file_, file_.bytes(offset, (std::uint64_t{head.overflow()} + 1) * meta_.page_size), id, offset};
}

Page Pages::root() const {
    auto root = page(meta_.root);
    root.expect_elements();
    return root;
}

Page Pages::child(const Page& parent, PageId id) const {
    if (!has(id))
        parent.fail("names page " + std::to_string(id) + ", which is none of " +
                    std::to_string(meta_.high_water));
    auto child = page(id);
    child.expect_elements();
    return child;
}

Page Pages::bucket_root(const Page& holder, std::string_view value) const {
    if (value.size() < bucket_header_size) holder.fail("has a bucket that is too short");
    const auto root = load<std::uint64_t>(value, 0);
    if (root != 0) return child(holder, root);
    const auto inside = value.substr(bucket_header_size);
    const auto offset = holder.offset() + static_cast<std::uint64_t>(inside.data() - holder.bytes().data());
    Page page{file_, inside, holder.id(), offset};
    page.expect(leaf_page, "a bucket's inline page");
    page.expect_elements();
    return page;
}

} // namespace nanomdm::migrate::bolt
