#include "migrate/micromdm/wire_format.hpp"

#include "nanomdm/error.hpp"

#include <limits>

namespace nanomdm::migrate::micromdm {
namespace {

enum WireType : std::uint8_t { varint_type, fixed64_type, bytes_type, group_start, group_end, fixed32_type };

struct Tag {
    std::uint32_t number;
    std::uint8_t type;
};

[[noreturn]] void refuse() { throw Error{Errc::corrupt, "record cannot be decoded"}; }

Tag tag_of(std::uint64_t value) {
    if (value > std::numeric_limits<std::uint32_t>::max() || value >> 3 == 0) refuse();
    return {static_cast<std::uint32_t>(value >> 3), static_cast<std::uint8_t>(value & 7)};
}

} // namespace

std::optional<WireField> WireReader::next() {
    if (rest_.empty()) return std::nullopt;
    const auto [number, type] = tag_of(varint());
    WireField field{.number = number};
    switch (type) {
    case varint_type:
        field.kind = WireField::Kind::integer;
        field.integer = varint();
        break;
    case bytes_type:
        field.kind = WireField::Kind::bytes;
        field.bytes = take(varint());
        break;
    case fixed64_type:
        static_cast<void>(take(8));
        break;
    case fixed32_type:
        static_cast<void>(take(4));
        break;
    case group_start:
        skip_group(number);
        break;
    default:
        refuse();
    }
    return field;
}

/// Up to ten bytes of seven bits, lowest first. What is over 64 bits is lost, as with every decoder.
std::uint64_t WireReader::varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && !rest_.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80) return value;
    }
    refuse();
}

std::string_view WireReader::take(std::uint64_t size) {
    if (size > rest_.size()) refuse();
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
}

/// Groups, which no schema uses any more, end where the same number ends. Nested ones are only counted, not
/// matched: nothing is read from them.
void WireReader::skip_group(std::uint32_t number) {
    for (std::size_t depth = 1; depth > 0;) {
        const auto inner = tag_of(varint());
        switch (inner.type) {
        case varint_type:
            static_cast<void>(varint());
            break;
        case fixed64_type:
            static_cast<void>(take(8));
            break;
        case bytes_type:
            static_cast<void>(take(varint()));
            break;
        case group_start:
            ++depth;
            break;
        case group_end:
            if (--depth == 0 && inner.number != number) refuse();
            break;
        case fixed32_type:
            static_cast<void>(take(4));
            break;
        default:
            refuse();
        }
    }
}

} // namespace nanomdm::migrate::micromdm
