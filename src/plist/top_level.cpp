// Reading members: XML by the scanner, binary by the root's table of references.
#include "plist/top_level.hpp"

#include "nanomdm/error.hpp"
#include "plist/element.hpp"
#include "plist/guard.hpp"
#include "plist/limits.hpp"
#include "plist/xml_text.hpp"

#include <algorithm>
#include <utility>

namespace nanomdm::plist {
namespace {

/// Longer keys of a binary list are passed over unread: a list can name one long string as every key.
constexpr std::size_t longest_key = 128;

[[noreturn]] void refuse() { throw Error{Errc::invalid, "property list: root is no readable dict"}; }

Tag require(XmlScanner& scanner) {
    const auto tag = scanner.next();
    if (!tag) refuse();
    return *tag;
}

std::string text(XmlScanner& scanner, const Tag& tag) {
    if (tag.shape == Tag::Shape::empty) return {};
    auto text = read_text_content(scanner.content(tag.name));
    if (!text) refuse();
    return std::move(*text);
}

} // namespace

std::optional<std::string> Member::string() const {
    if (kind != Kind::string) return std::nullopt;
    if (const auto* object = std::get_if<BinaryObject>(&content)) return text_of(*object);
    return read_text_content(std::get<std::string_view>(content));
}

std::optional<std::string_view> Member::plain_string() const noexcept {
    if (kind != Kind::string) return std::nullopt;
    const auto* object = std::get_if<BinaryObject>(&content);
    if (object != nullptr && object->is_utf16) return std::nullopt;
    const auto raw = object != nullptr ? object->payload : *std::get_if<std::string_view>(&content);
    if (object == nullptr && raw.find_first_of("<&") != std::string_view::npos) return std::nullopt;
    return raw;
}

TopLevel::TopLevel(std::string_view body) {
    try {
        if (format_of(body) == Format::binary) {
            BinaryLayout layout{body};
            const auto root = layout.object(layout.root());
            if (root && root->kind == Kind::dict) source_ = Binary{layout, *root};
        } else {
            source_ = Xml{XmlScanner{body}};
        }
    } catch (const Error&) { // no source: no members
    }
}

std::optional<Member> TopLevel::next() {
    std::optional<Member> member;
    try {
        if (auto* xml = std::get_if<Xml>(&source_)) {
            member = next_in(*xml);
        } else if (auto* binary = std::get_if<Binary>(&source_)) {
            member = next_in(*binary);
        }
    } catch (const Error&) { // the end of what makes sense
    }
    if (!member) source_ = std::monostate{};
    return member;
}

std::optional<Member> TopLevel::next_in(Xml& xml) {
    if (!xml.inside) {
        if (!require(xml.scanner).opens("plist")) refuse();
        const auto root = require(xml.scanner);
        if (root.name != "dict" || root.shape == Tag::Shape::close) refuse();
        xml.inside = true;
        complete_ = root.shape == Tag::Shape::empty;
        if (complete_) return std::nullopt;
    }
    for (;;) {
        const auto key = require(xml.scanner);
        complete_ = key.closes("dict");
        if (complete_) return std::nullopt;
        if (key.name != "key" || key.shape == Tag::Shape::close) refuse();
        Member member;
        member.key = text(xml.scanner, key);
        const auto value = require(xml.scanner);
        if (value.shape == Tag::Shape::close) refuse();
        const bool has_content = value.shape == Tag::Shape::open;
        const auto kind = element_kind(value.name);
        if (!kind) { // of a format to come: not a reason to lose the members behind it
            if (has_content) xml.scanner.skip_past_close(value.name);
            continue;
        }
        member.kind = *kind;
        if (has_content && (*kind == Kind::dict || *kind == Kind::array)) {
            xml.scanner.skip_past_close(value.name);
        } else if (has_content) {
            member.content = xml.scanner.content(value.name);
        }
        return member;
    }
}

/// One broken member does not hide the others.
std::optional<Member> TopLevel::next_in(Binary& binary) {
    while (binary.at < std::min(binary.root.entries, max_nodes)) {
        const auto n = binary.at++;
        const auto key = binary.layout.object(binary.layout.entry(binary.root, n));
        if (!key || key->kind != Kind::string || key->payload.size() > longest_key) continue;
        const auto value = binary.layout.object(binary.layout.value(binary.root, n));
        if (!value) continue;
        if (auto name = text_of(*key)) return Member{std::move(*name), value->kind, *value};
    }
    complete_ = true;
    return std::nullopt;
}

} // namespace nanomdm::plist
