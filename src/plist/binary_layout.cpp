// Reads the trailer, the offset table and the markers of objects.
#include "plist/binary_layout.hpp"

#include "nanomdm/error.hpp"
#include "plist/utf8.hpp"

namespace nanomdm::plist {
namespace {

constexpr std::string_view magic = "bplist00";
constexpr std::size_t trailer_size = 32;

[[noreturn]] void refuse(const char* why) {
    throw Error{Errc::invalid, std::string{"binary property list: "} + why};
}

/// Big-endian; at most 8 bytes.
std::uint64_t number(std::string_view bytes) noexcept {
    std::uint64_t value = 0;
    for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

/// The high half of a marker byte.
enum class Type : unsigned {
    simple = 0x0,
    integer = 0x1,
    real = 0x2,
    date = 0x3,
    data = 0x4,
    ascii = 0x5,
    utf16 = 0x6,
    array = 0xA,
    dict = 0xD,
};

/// What the low half of the marker may be; but for `simple` it is the logarithm of the size.
struct FixedSize {
    Kind kind;
    unsigned smallest;
    unsigned largest;
};

FixedSize fixed_size(Type type) noexcept {
    switch (type) {
    case Type::integer:
        return {Kind::integer, 0, 4};
    case Type::real:
        return {Kind::real, 2, 3};
    case Type::date:
        return {Kind::date, 3, 3};
    default:
        return {Kind::boolean, 8, 9};
    }
}

std::optional<Kind> counted_kind(Type type) noexcept {
    switch (type) {
    case Type::data:
        return Kind::data;
    case Type::ascii:
    case Type::utf16:
        return Kind::string;
    case Type::array:
        return Kind::array;
    case Type::dict:
        return Kind::dict;
    default:
        return std::nullopt;
    }
}

} // namespace

BinaryLayout::BinaryLayout(std::string_view body) {
    if (!body.starts_with(magic) || body.size() < magic.size() + trailer_size) refuse("no header or trailer");
    const auto trailer = body.substr(body.size() - trailer_size);
    offset_size_ = number(trailer.substr(6, 1));
    reference_size_ = number(trailer.substr(7, 1));
    const auto objects = number(trailer.substr(8, 8));
    root_ = number(trailer.substr(16, 8));
    const auto table = number(trailer.substr(24, 8));
    const auto end = body.size() - trailer_size;
    if (offset_size_ < 1 || offset_size_ > 8 || reference_size_ < 1 || reference_size_ > 8)
        refuse("impossible widths");
    if (table <= magic.size() || table > end) refuse("offset table is outside");
    if (objects == 0 || objects > (end - table) / offset_size_) refuse("offset table is too short");
    if (root_ >= objects) refuse("root is outside");
    objects_ = body.substr(0, table);
    offsets_ = body.substr(table, objects * offset_size_);
}

/// The count of an object whose marker has `low_bits`; moves `at` past the size that may follow.
std::optional<std::size_t> BinaryLayout::read_size(std::size_t& at, unsigned low_bits) const noexcept {
    if (low_bits != 0xF) return low_bits;
    if (at >= objects_.size()) return std::nullopt;
    const auto marker = static_cast<unsigned char>(objects_[at]);
    if (marker < 0x10 || marker > 0x13) return std::nullopt;
    const std::size_t width = std::size_t{1} << (marker & 0xF);
    if (objects_.size() - at - 1 < width) return std::nullopt;
    const auto size = number(objects_.substr(at + 1, width));
    at += 1 + width;
    if (size > objects_.size()) return std::nullopt;
    return size;
}

std::optional<BinaryObject> BinaryLayout::object(std::uint64_t index) const noexcept {
    if (index >= offsets_.size() / offset_size_) return std::nullopt;
    auto at = number(offsets_.substr(index * offset_size_, offset_size_));
    if (at < magic.size() || at >= objects_.size()) return std::nullopt;
    const auto marker = static_cast<unsigned char>(objects_[at++]);
    const auto type = static_cast<Type>(marker >> 4);
    const unsigned low = marker & 0xF;
    BinaryObject object;
    std::size_t bytes = 0;
    if (type == Type::simple || type == Type::integer || type == Type::real || type == Type::date) {
        const auto [kind, smallest, largest] = fixed_size(type);
        if (low < smallest || low > largest) return std::nullopt;
        object.kind = kind;
        bytes = kind == Kind::boolean ? 0 : std::size_t{1} << low;
    } else {
        const auto kind = counted_kind(type);
        const auto size = read_size(at, low);
        if (!kind || !size) return std::nullopt;
        object.kind = *kind;
        object.is_utf16 = type == Type::utf16;
        bytes = object.is_utf16 ? 2 * *size : *size;
        if (type == Type::array || type == Type::dict) {
            object.entries = *size;
            bytes = (type == Type::dict ? 2 : 1) * *size * reference_size_;
        }
    }
    if (objects_.size() - at < bytes) return std::nullopt;
    object.payload = objects_.substr(at, bytes);
    return object;
}

std::uint64_t BinaryLayout::entry(const BinaryObject& container, std::size_t n) const noexcept {
    return number(container.payload.substr(n * reference_size_, reference_size_));
}

std::uint64_t BinaryLayout::value(const BinaryObject& dict, std::size_t n) const noexcept {
    return entry(dict, dict.entries + n);
}

bool is_clean(const BinaryObject& string) noexcept {
    return string.is_utf16 ? is_clean_utf16(string.payload) : is_clean_utf8(string.payload);
}

std::optional<std::string> text_of(const BinaryObject& string) {
    if (!is_clean(string)) return std::nullopt;
    return string.is_utf16 ? utf16_to_utf8(string.payload) : std::string{string.payload};
}

} // namespace nanomdm::plist
