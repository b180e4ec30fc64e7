// The check behind every Text: well-formed UTF-8 within the field's limits.
#include "nanomdm/mdm/text.hpp"

#include "encoding/utf8.hpp"

namespace nanomdm {
namespace {

/// U+0000–U+001F, U+007F and U+0080–U+009F. @param character one well-formed sequence.
bool is_control(std::string_view character) noexcept {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first < 0x20 || first == 0x7F;
    return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

[[noreturn]] void refuse(const TextRule& rule, const char* why) {
    throw Error{Errc::invalid, std::string{rule.name} + " " + why};
}

} // namespace

void check_text(const TextRule& rule, std::string_view text) {
    if (text.empty() && !rule.may_be_empty) refuse(rule, "is empty");
    std::size_t characters = 0;
    for (std::size_t at = 0; at < text.size(); ++characters) {
        const auto length = utf8_sequence_length(text.substr(at));
        if (length == 0) refuse(rule, "is not UTF-8");
        if (!rule.allows_controls && is_control(text.substr(at, length)))
            refuse(rule, "has control characters");
        at += length;
    }
    const auto measured = rule.unit == TextRule::Unit::bytes ? text.size() : characters;
    if (measured > rule.max) refuse(rule, "is too long");
}

} // namespace nanomdm
