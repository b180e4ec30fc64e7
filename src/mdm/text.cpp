// The check behind every Text: well-formed UTF-8 within the field's limits.
#include "nanomdm/mdm/text.hpp"

#include "encoding/utf8.hpp"

namespace nanomdm {
namespace {

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
        const auto c = static_cast<unsigned char>(text[at]);
        if (!rule.allows_controls && (c < 0x20 || c == 0x7f)) refuse(rule, "has control characters");
        at += length;
    }
    const auto measured = rule.unit == TextRule::Unit::bytes ? text.size() : characters;
    if (measured > rule.max) refuse(rule, "is too long");
}

} // namespace nanomdm
