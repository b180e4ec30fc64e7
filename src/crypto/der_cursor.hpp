// A bounded walk over BER, for bytes whose shape is known in advance: it never recurses, never
// allocates and stops for good at the first surprise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nanomdm::crypto {

/// Tags as they stand in the first byte, class and constructed bit included.
namespace tag {
constexpr std::uint8_t integer = 0x02, bit_string = 0x03, octet_string = 0x04, null = 0x05, oid = 0x06;
constexpr std::uint8_t utc_time = 0x17, generalized_time = 0x18, sequence = 0x30, set = 0x31;
constexpr std::uint8_t context_0 = 0x80, context_0_constructed = 0xA0;
} // namespace tag

/// Definite lengths must be minimal (DER). After a surprise failed() is true and everything read is empty.
class DerCursor {
public:
    struct Element {
        std::string_view whole; ///< tag, length and content
        std::string_view content;
    };

    explicit DerCursor(std::string_view bytes) noexcept : bytes_{bytes} { ends_[0] = bytes.size(); }

    [[nodiscard]] bool failed() const noexcept { return failed_; }
    /// Nothing follows within the innermost open element.
    [[nodiscard]] bool at_end() const noexcept;
    /// The whole was read and every element closed.
    [[nodiscard]] bool finished() const noexcept { return !failed_ && depth_ == 0 && at_end(); }
    [[nodiscard]] bool next_is(std::uint8_t tag) const noexcept;

    /// Reads an element of definite length.
    Element take(std::uint8_t tag) noexcept;
    /// Goes into a constructed element; its length may be indefinite, as Apple's CMS encoder writes it.
    void open(std::uint8_t tag) noexcept;
    /// Leaves the innermost open element; anything unread in it is a surprise.
    void close() noexcept;

private:
    static constexpr std::size_t deepest = 8;
    static constexpr std::size_t indefinite = static_cast<std::size_t>(-1);

    /// Reads tag and length. @return the content's length, or `indefinite`.
    std::size_t header(std::uint8_t tag) noexcept;
    /// Where reading must stop: the end of the innermost element whose end is known.
    [[nodiscard]] std::size_t limit() const noexcept;
    void fail() noexcept { failed_ = true; }

    std::string_view bytes_;
    std::size_t at_ = 0;
    std::array<std::size_t, deepest + 1> ends_{};
    std::size_t depth_ = 0;
    bool failed_ = false;
};

} // namespace nanomdm::crypto
