// The check behind every Text: well-formed UTF-8 within the field's limits.
#include "nanomdm/mdm/text.hpp"

namespace nanomdm {
namespace {

/// The length of the UTF-8 sequence at the front of `text` (RFC 3629: no overlong forms, surrogates or
/// values over U+10FFFF); 0 when it is malformed.
std::size_t sequence_length(std::string_view text) noexcept {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    const unsigned second = byte(1);
    const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool surrogate = lead == 0xED && second >= 0xA0;
    const bool too_high = lead == 0xF4 && second >= 0x90;
    return overlong || surrogate || too_high ? 0 : length;
}

[[noreturn]] void refuse(const TextRule& rule, const char* why) {
    throw Error{Errc::invalid, std::string{rule.name} + " " + why};
}

} // namespace

void check_text(const TextRule& rule, std::string_view text) {
    if (text.empty() && !rule.may_be_empty) refuse(rule, "is empty");
    std::size_t characters = 0;
    for (std::size_t at = 0; at < text.size(); ++characters) {
        const auto length = sequence_length(text.substr(at));
        if (length == 0) refuse(rule, "is not UTF-8");
        const auto c = static_cast<unsigned char>(text[at]);
        if (!rule.allows_controls && (c < 0x20 || c == 0x7f)) refuse(rule, "has control characters");
        at += length;
    }
    const auto measured = rule.unit == TextRule::Unit::bytes ? text.size() : characters;
    if (measured > rule.max) refuse(rule, "is too long");
}

} // namespace nanomdm
