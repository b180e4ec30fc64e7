// Pages from the leaves up. Written from the description of the format, not from the reader: what both share
// would not be found.
#include "support/bolt/bolt_writer.hpp"

#include <cerrno>
#include <fcntl.h>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace nanomdm::test {
namespace {

constexpr std::size_t header = 16;
constexpr std::size_t element_header = 16;
/// A page counts them in 16 bits.
constexpr std::size_t most_elements = 0xFFFE;

template <class T> void append(std::string& bytes, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
        bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFF);
}

void append_page_header(std::string& bytes, std::uint64_t page, unsigned flags, std::size_t count,
                        std::uint32_t overflow) {
    append(bytes, page);
    append(bytes, static_cast<std::uint16_t>(flags));
    append(bytes, static_cast<std::uint16_t>(count));
    append(bytes, overflow);
}

std::uint64_t fnv_1a(std::string_view bytes) {
    std::uint64_t sum = 0xcbf29ce484222325;
    for (const char byte : bytes) {
        sum ^= static_cast<unsigned char>(byte);
        sum *= 0x100000001b3;
    }
    return sum;
}

} // namespace

BoltBucket::BoltBucket(BoltWriter& writer) : writer_{&writer}, levels_(1) { levels_[0].size = header; }
BoltBucket::~BoltBucket() = default;
BoltBucket::BoltBucket(BoltBucket&&) noexcept = default;

void BoltBucket::put(std::string_view key, std::string_view value) {
    add(0, {std::string{key}, std::string{value}});
}

void BoltBucket::put(std::string_view key, BoltBucket bucket) {
    holds_buckets_ = true;
    add(0, {.key = std::string{key}, .value = bucket.finish_value(), .is_bucket = true});
}

void BoltBucket::add(std::size_t level, Element element) {
    if (levels_.size() == level) levels_.push_back({.size = header});
    const auto size = element_header + element.key.size() + element.value.size();
    const auto most =
        writer_->shape_.elements_per_page == 0 ? most_elements : writer_->shape_.elements_per_page;
    const auto& now = levels_[level];
    const bool is_full = now.size + size > writer_->shape_.page_size || now.elements.size() == most;
    if (is_full && !now.elements.empty()) {
        auto first_key = now.elements.front().key;
        const auto page = flush(level);
        add(level + 1, {.key = std::move(first_key), .child = page});
    }
    levels_[level].size += size;
    levels_[level].elements.push_back(std::move(element));
}

std::string BoltBucket::encode(std::size_t level, std::uint64_t page, std::uint32_t overflow) const {
    const auto& elements = levels_[level].elements;
    std::string bytes;
    std::string content;
    append_page_header(bytes, page, level == 0 ? 0x02 : 0x01, elements.size(), overflow);
    for (std::size_t i = 0; i < elements.size(); ++i) {
        const auto& element = elements[i];
        const auto position =
            static_cast<std::uint32_t>((elements.size() - i) * element_header + content.size());
        if (level == 0) append(bytes, std::uint32_t{element.is_bucket});
        append(bytes, position);
        append(bytes, static_cast<std::uint32_t>(element.key.size()));
        if (level == 0) {
            append(bytes, static_cast<std::uint32_t>(element.value.size()));
        } else {
            append(bytes, element.child);
        }
        content += element.key;
        content += element.value;
    }
    return bytes + content;
}

std::uint64_t BoltBucket::flush(std::size_t level) {
    auto& now = levels_[level];
    const auto pages = (now.size + writer_->shape_.page_size - 1) / writer_->shape_.page_size;
    const auto page = writer_->allocate(pages);
    writer_->write(page, encode(level, page, static_cast<std::uint32_t>(pages - 1)));
    ++now.pages;
    now.elements.clear();
    now.size = header;
    return page;
}

std::uint64_t BoltBucket::finish() {
    for (std::size_t level = 0;; ++level) {
        // The one page of the highest level is the root.
        if (level + 1 == levels_.size() && levels_[level].pages == 0) return flush(level);
        if (levels_[level].elements.empty()) continue;
        auto first_key = levels_[level].elements.front().key;
        const auto page = flush(level);
        add(level + 1, {.key = std::move(first_key), .child = page});
    }
}

std::string BoltBucket::finish_value() {
    std::string value;
    const bool is_small = levels_.size() == 1 && levels_[0].size <= writer_->shape_.page_size / 4;
    const bool is_inline = is_small && !holds_buckets_ && writer_->shape_.has_inline_buckets;
    append(value, is_inline ? std::uint64_t{0} : finish());
    append(value, std::uint64_t{0});
    return is_inline ? value + encode(0, 0, 0) : value;
}

BoltWriter::BoltWriter(const std::filesystem::path& path, BoltShape shape)
    : shape_{shape}, descriptor_{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)},
      next_page_{shape.first_page}, root_{*this} {
    if (descriptor_ < 0) throw std::system_error{errno, std::generic_category(), path.string()};
}

BoltWriter::~BoltWriter() { ::close(descriptor_); }

BoltBucket& BoltWriter::bucket(std::string_view name) {
    close_bucket();
    open_name_ = name;
    open_ = std::make_unique<BoltBucket>(*this);
    return *open_;
}

void BoltWriter::close_bucket() {
    if (open_) root_.put(open_name_, std::move(*open_));
    open_.reset();
}

void BoltWriter::finish() {
    close_bucket();
    const auto root = root_.finish();
    std::uint64_t freelist = ~std::uint64_t{0};
    if (shape_.has_freelist) {
        const auto size = header + (shape_.first_page - 1) * sizeof(std::uint64_t);
        const auto pages = (size + shape_.page_size - 1) / shape_.page_size;
        freelist = allocate(pages);
        write_freelist(freelist, pages);
    }
    write_meta(0, root, freelist, shape_.transaction & ~std::uint64_t{1});
    write_meta(1, root, freelist, (shape_.transaction - 1) | 1);
}

void BoltWriter::write_freelist(std::uint64_t page, std::uint64_t pages) const {
    const auto count = shape_.first_page - 2;
    std::string bytes;
    const bool is_long = count >= 0xFFFF;
    append_page_header(bytes, page, 0x10, is_long ? 0xFFFF : count, static_cast<std::uint32_t>(pages - 1));
    if (is_long) append(bytes, count);
    for (std::uint64_t id = 2; id < shape_.first_page; ++id) append(bytes, id);
    write(page, std::move(bytes));
}

void BoltWriter::write_meta(std::uint64_t page, std::uint64_t root, std::uint64_t freelist,
                            std::uint64_t transaction) const {
    std::string bytes;
    append_page_header(bytes, page, 0x04, 0, 0);
    append(bytes, std::uint32_t{0xED0CDAED});
    append(bytes, std::uint32_t{2});
    append(bytes, shape_.page_size);
    append(bytes, std::uint32_t{0});
    for (const auto value : {root, std::uint64_t{0}, freelist, next_page_, transaction}) append(bytes, value);
    bytes.append(8, '\0');
    seal_bolt_meta(bytes, 0);
    write(page, std::move(bytes));
}

std::uint64_t BoltWriter::allocate(std::uint64_t pages) {
    return std::exchange(next_page_, next_page_ + pages);
}

void BoltWriter::write(std::uint64_t page, std::string bytes) const {
    bytes.resize((bytes.size() + shape_.page_size - 1) / shape_.page_size * shape_.page_size);
    const auto offset = static_cast<off_t>(page * shape_.page_size);
    if (::pwrite(descriptor_, bytes.data(), bytes.size(), offset) != static_cast<ssize_t>(bytes.size()))
        throw std::system_error{errno, std::generic_category(), "a Bolt file"};
}

void seal_bolt_meta(std::string& file, std::size_t page_start) {
    std::string sum;
    append(sum, fnv_1a(std::string_view{file}.substr(page_start + header, 56)));
    file.replace(page_start + header + 56, 8, sum);
}

} // namespace nanomdm::test
