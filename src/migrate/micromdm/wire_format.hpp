// Protocol Buffers' wire format, field by field. https://protobuf.dev/programming-guides/encoding/
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nanomdm::migrate::micromdm {

struct WireField {
    std::uint32_t number = 0;
    enum class Kind { integer, bytes, other } kind = Kind::other; ///< other: fixed width, or a group
    std::uint64_t integer = 0;
    std::string_view bytes = {}; ///< a string, bytes, or a message; a view into the record
};

/// What a schema does not know, or has with another kind, is for the caller to pass over.
///
/// No library: of a schema of six flat messages this reads what is needed, as views into a mapped file, and
/// text that is not UTF-8 does not cost the record that it is in.
class WireReader {
public:
    explicit WireReader(std::string_view record) noexcept : rest_{record} {}

    /// @return nullopt at the end. @throws Error{Errc::corrupt} where the record makes no sense.
    [[nodiscard]] std::optional<WireField> next();

private:
    [[nodiscard]] std::uint64_t varint();
    [[nodiscard]] std::string_view take(std::uint64_t size);
    void skip_group(std::uint32_t number);

    std::string_view rest_;
};

} // namespace nanomdm::migrate::micromdm
