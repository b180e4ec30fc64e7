// ITU-T X.690, as much of it as the usual signature needs.
#include "crypto/der_cursor.hpp"

namespace nanomdm::crypto {
namespace {

constexpr std::string_view end_of_contents{"\0\0", 2};

} // namespace

std::size_t DerCursor::limit() const noexcept {
    std::size_t depth = depth_;
    while (ends_[depth] == indefinite) --depth; // ends_[0] is always known
    return ends_[depth];
}

bool DerCursor::at_end() const noexcept {
    if (failed_) return true;
    if (ends_[depth_] == indefinite) return bytes_.substr(at_, limit() - at_).substr(0, 2) == end_of_contents;
    return at_ == ends_[depth_];
}

bool DerCursor::next_is(std::uint8_t tag) const noexcept {
    return !failed_ && at_ < limit() && static_cast<std::uint8_t>(bytes_[at_]) == tag;
}

std::size_t DerCursor::header(std::uint8_t tag) noexcept {
    const std::size_t end = limit();
    if (!next_is(tag) || end - at_ < 2) {
        fail();
        return 0;
    }
    const auto first = static_cast<std::uint8_t>(bytes_[at_ + 1]);
    at_ += 2;
    if (first < 0x80) return first;
    if (first == 0x80) return indefinite;
    const std::size_t count = first & 0x7FU;
    if (count > 3 || end - at_ < count) { // 16 MiB and more: not a signature
        fail();
        return 0;
    }
    std::size_t length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8 | static_cast<std::uint8_t>(bytes_[at_++]);
    const bool minimal = length >= 0x80 && length >> (8 * (count - 1)) != 0;
    if (!minimal) fail();
    return length;
}

DerCursor::Element DerCursor::take(std::uint8_t tag) noexcept {
    const std::size_t start = at_;
    const std::size_t length = header(tag);
    if (!failed_ && (length == indefinite || length > limit() - at_)) fail();
    if (failed_) return {};
    at_ += length;
    return {bytes_.substr(start, at_ - start), bytes_.substr(at_ - length, length)};
}

void DerCursor::open(std::uint8_t tag) noexcept {
    const std::size_t length = header(tag);
    if (!failed_ && (depth_ == deepest || (length != indefinite && length > limit() - at_))) fail();
    if (failed_) return;
    ends_[++depth_] = length == indefinite ? indefinite : at_ + length;
}

void DerCursor::close() noexcept {
    if (depth_ == 0 || !at_end()) fail();
    if (failed_) return;
    if (ends_[depth_] == indefinite) at_ += end_of_contents.size();
    --depth_;
}

} // namespace nanomdm::crypto
