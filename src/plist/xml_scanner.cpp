// The scanner. Where XML and libplist disagree about where something ends, the input is refused: what
// passes means the same to both.
#include "plist/xml_scanner.hpp"

#include "nanomdm/error.hpp"
#include "plist/xml_markup.hpp"

#include <algorithm>
#include <string>

namespace nanomdm::plist {
namespace {

constexpr std::string_view spaces = " \t\r\n";

[[noreturn]] void refuse(const char* why) {
    throw Error{Errc::invalid, std::string{"property list: "} + why};
}

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// The first place at or after `at` that is no white space. find_first_not_of is five times slower.
std::size_t skip_spaces(std::string_view text, std::size_t at) noexcept {
    while (at < text.size() && is_space(text[at])) ++at;
    return at;
}

std::size_t name_length(std::string_view inside) noexcept {
    std::size_t length = 0;
    while (length < inside.size() && !is_space(inside[length])) ++length;
    return length;
}

/// libplist takes `"…"` as opaque while it looks for the end of markup.
bool quotes_are_balanced(std::string_view markup) noexcept {
    return std::count(markup.begin(), markup.end(), '"') % 2 == 0;
}

bool equal_ignoring_case(std::string_view a, std::string_view lower) noexcept {
    return std::equal(a.begin(), a.end(), lower.begin(), lower.end(), [](char x, char y) {
        return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
    });
}

/// The value of `encoding="…"` in an XML declaration; empty when it names none.
std::string_view declared_encoding(std::string_view declaration) {
    constexpr std::string_view name = "encoding";
    auto at = declaration.find(name);
    if (at == std::string_view::npos) return {};
    at = declaration.find_first_not_of(spaces, at + name.size());
    if (at == std::string_view::npos || declaration[at] != '=') refuse("broken XML declaration");
    at = declaration.find_first_not_of(spaces, at + 1);
    if (at == std::string_view::npos || (declaration[at] != '"' && declaration[at] != '\''))
        refuse("broken XML declaration");
    const auto end = declaration.find(declaration[at], at + 1);
    if (end == std::string_view::npos) refuse("broken XML declaration");
    return declaration.substr(at + 1, end - at - 1);
}

} // namespace

XmlScanner::XmlScanner(std::string_view document) : document_{document} {
    if (document_.starts_with(byte_order_mark)) document_.remove_prefix(byte_order_mark.size());
}

std::optional<Tag> XmlScanner::next() {
    for (;;) {
        at_ = skip_spaces(document_, at_);
        if (at_ == document_.size()) return std::nullopt;
        if (document_[at_] != '<') refuse("text between elements");
        if (!skip_markup()) return read_tag();
    }
}

/// Goes past a comment, an instruction or the DOCTYPE. @return false when a tag is here.
bool XmlScanner::skip_markup() {
    const auto here = rest();
    if (here.size() < 2) refuse("ends within a tag");
    if (here[1] == '?') {
        skip_instruction();
    } else if (here[1] != '!') {
        return false;
    } else if (here.starts_with(comment_start)) {
        skip_past(comment_end, comment_start.size());
    } else if (here.starts_with(doctype_start)) {
        skip_doctype();
    } else {
        refuse("unknown markup");
    }
    return true;
}

Tag XmlScanner::read_tag() {
    doctype_allowed_ = false;
    const auto here = rest();
    const auto end = here.find('>');
    if (end == std::string_view::npos) refuse("tag without an end");
    auto inside = here.substr(1, end - 1);
    if (inside.find('<') != std::string_view::npos) refuse("tag within a tag");
    Tag tag;
    if (inside.starts_with('/')) {
        tag.shape = Tag::Shape::close;
        inside.remove_prefix(1);
    } else if (inside.ends_with('/')) {
        tag.shape = Tag::Shape::empty;
        inside.remove_suffix(1);
    }
    tag.name = inside.substr(0, name_length(inside));
    tag.has_attributes = skip_spaces(inside, tag.name.size()) < inside.size();
    if (tag.name.empty() || (tag.shape == Tag::Shape::close && tag.has_attributes)) refuse("broken tag");
    if (tag.has_attributes && !quotes_are_balanced(inside)) refuse("broken attributes");
    at_ += end + 1;
    return tag;
}

void XmlScanner::skip_instruction() {
    const bool first = at_ == 0;
    const auto start = at_;
    skip_past(instruction_end, instruction_start.size());
    const auto instruction = document_.substr(start, at_ - start);
    if (instruction[2] == '>' || !quotes_are_balanced(instruction)) refuse("broken instruction");
    if (!instruction.starts_with("<?xml") || !is_space(instruction[5])) return;
    if (!first) refuse("XML declaration is not at the start");
    const auto encoding = declared_encoding(instruction);
    const bool known = encoding.empty() || equal_ignoring_case(encoding, "utf-8") ||
                       equal_ignoring_case(encoding, "utf8") || equal_ignoring_case(encoding, "us-ascii") ||
                       equal_ignoring_case(encoding, "ascii");
    if (!known) refuse("encoding is not UTF-8");
}

void XmlScanner::skip_doctype() {
    if (!doctype_allowed_) refuse("DOCTYPE is not at the start");
    const auto here = rest();
    const auto end = here.find_first_of("<>[", doctype_start.size());
    if (end == std::string_view::npos || here[end] != '>') refuse("DOCTYPE with an internal subset");
    if (!quotes_are_balanced(here.substr(0, end))) refuse("broken DOCTYPE");
    doctype_allowed_ = false;
    at_ += end + 1;
}

void XmlScanner::skip_past(std::string_view end, std::size_t from) {
    const auto found = document_.find(end, at_ + from);
    if (found == std::string_view::npos) refuse("markup without an end");
    at_ = found + end.size();
}

std::string_view XmlScanner::content(std::string_view element) {
    const auto start = at_;
    for (;;) {
        at_ = document_.find('<', at_);
        if (at_ == std::string_view::npos) refuse("ends within an element");
        const auto here = rest();
        if (here.starts_with(comment_start)) {
            skip_past(comment_end, comment_start.size());
        } else if (here.starts_with(cdata_start)) {
            skip_past(cdata_end, cdata_start.size());
        } else {
            const auto inside = document_.substr(start, at_ - start);
            if (!read_tag().closes(element)) refuse("element within text");
            return inside;
        }
    }
}

void XmlScanner::skip_past_close(std::string_view element) {
    const auto names_it = [element](std::string_view tag) {
        return tag.starts_with(element) && tag.size() > element.size() &&
               std::string_view{"> /\t\r\n"}.find(tag[element.size()]) != std::string_view::npos;
    };
    for (std::size_t depth = 1; depth > 0;) {
        at_ = document_.find('<', at_);
        if (at_ == std::string_view::npos) refuse("ends within a container");
        const auto here = rest();
        if (here.starts_with(comment_start)) {
            skip_past(comment_end, comment_start.size());
        } else if (here.starts_with(cdata_start)) {
            skip_past(cdata_end, cdata_start.size());
        } else if (here.starts_with(instruction_start)) {
            skip_past(instruction_end, instruction_start.size());
        } else if (here.starts_with("</") && names_it(here.substr(2))) {
            skip_past(">", 2);
            --depth;
        } else if (names_it(here.substr(1))) {
            skip_past(">", 1);
            if (document_[at_ - 2] != '/') ++depth;
        } else {
            ++at_;
        }
    }
}

} // namespace nanomdm::plist
