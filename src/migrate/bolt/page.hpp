// One page of a Bolt file: its header and its elements, never a byte outside it.
#pragma once

#include "migrate/bolt/format.hpp"
#include "migrate/bolt/mapped_file.hpp"
#include "migrate/bolt/meta.hpp"

#include <string>
#include <string_view>

namespace nanomdm::migrate::bolt {

struct BranchElement {
    std::string_view key; ///< no key below the child is lower
    PageId child = 0;
};

struct LeafElement {
    std::string_view key;
    std::string_view value;
    bool is_bucket = false;
};

/// A view. Everything read from it is checked against its bounds at that moment, and Error{Errc::corrupt}
/// names page and offset.
class Page {
public:
    /// @param bytes the page with all that it overflows into, or an inline page to the end of its value
    /// @param id its own, or that of the page that an inline one is in
    /// @param offset of its first byte in the file
    Page(const MappedFile& file, std::string_view bytes, PageId id, std::uint64_t offset);

    [[nodiscard]] bool is_branch() const noexcept { return flags_ == format::branch_page; }
    /// Elements of a branch or leaf, entries of a freelist.
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    [[nodiscard]] std::uint32_t overflow() const noexcept;
    [[nodiscard]] PageId id() const noexcept { return id_; }
    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }

    /// @throws Error{Errc::corrupt} unless it is a branch or a leaf, and has room for its elements.
    void expect_elements() const;
    /// @throws Error{Errc::corrupt} unless it has these flags.
    void expect(std::uint16_t flags, const char* what) const;

    /// @pre `i` < count(), and expect_elements() has passed.
    [[nodiscard]] BranchElement branch(std::size_t i) const;
    [[nodiscard]] LeafElement leaf(std::size_t i) const;
    [[nodiscard]] std::string_view key(std::size_t i) const;

    [[noreturn]] void fail(const std::string& what) const;

private:
    [[nodiscard]] std::string_view content(std::size_t i, std::uint64_t element, std::uint64_t position,
                                           std::uint64_t length) const;

    const MappedFile* file_;
    std::string_view bytes_;
    PageId id_;
    std::uint64_t offset_;
    std::uint16_t flags_ = 0;
    std::size_t count_ = 0;
};

/// The pages that a meta speaks of.
class Pages {
public:
    Pages(const MappedFile& file, const Meta& meta) noexcept : file_{file}, meta_{meta} {}

    /// One that the meta names, with what it overflows into. @throws Error{Errc::corrupt}
    [[nodiscard]] Page page(PageId id) const;
    /// The branch or leaf where the top-level bucket begins. @throws Error{Errc::corrupt}
    [[nodiscard]] Page root() const;
    /// A branch or leaf that another page names. @throws Error{Errc::corrupt}
    [[nodiscard]] Page child(const Page& parent, PageId id) const;
    /// Where the bucket begins whose value this is: a page of its own, or one within the value.
    /// @param holder the page that the value is in. @throws Error{Errc::corrupt}
    [[nodiscard]] Page bucket_root(const Page& holder, std::string_view value) const;

    [[nodiscard]] const Meta& meta() const noexcept { return meta_; }
    [[nodiscard]] const MappedFile& file() const noexcept { return file_; }

private:
    [[nodiscard]] bool has(PageId id) const noexcept;

    const MappedFile& file_;
    const Meta meta_;
};

} // namespace nanomdm::migrate::bolt
