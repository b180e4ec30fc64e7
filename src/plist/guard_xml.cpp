// The guard for XML: the grammar of Apple's PropertyList-1.0.dtd with a stack of open containers.
#include "plist/guard.hpp"

#include "nanomdm/error.hpp"
#include "plist/base64.hpp"
#include "plist/element.hpp"
#include "plist/limits.hpp"
#include "plist/utf8.hpp"
#include "plist/xml_scanner.hpp"
#include "plist/xml_text.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace nanomdm::plist {
namespace {

[[noreturn]] void refuse(const char* why) {
    throw Error{Errc::invalid, std::string{"property list: "} + why};
}

/// Characters of decimal and hexadecimal integers, reals, "nan" and "infinity".
constexpr auto number_characters = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view{"+-.0123456789abcdefxinABCDEFXINTYty \t\r\n"})
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

bool is_number(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return number_characters[static_cast<unsigned char>(c)]; });
}

bool is_blank(std::string_view text) noexcept {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool is_plain_text(std::string_view text) noexcept {
    return text.find('<') == std::string_view::npos && text.find('&') == std::string_view::npos &&
           is_clean_utf8(text);
}

bool fits(Kind kind, std::string_view content) noexcept {
    switch (kind) {
    case Kind::boolean:
        return is_blank(content);
    case Kind::data:
        return is_base64(content);
    case Kind::date:
        return is_plain_text(content);
    default:
        return is_number(content);
    }
}

class XmlGuard {
public:
    explicit XmlGuard(std::string_view body) : scanner_{body} {}

    void check() {
        const auto plist = scanner_.next();
        if (!plist || !plist->opens("plist")) refuse("has no plist element");
        value(require());
        while (!open_.empty()) step(require());
        if (!require().closes("plist")) refuse("has two roots");
        if (scanner_.next()) refuse("goes on after its end");
    }

private:
    struct Container {
        Kind kind;
        std::uint64_t keys = 0;
        bool awaits_value = false;
    };

    Tag require() {
        const auto tag = scanner_.next();
        if (!tag) refuse("ends too soon");
        return *tag;
    }

    /// One key, value or close tag inside the innermost container.
    void step(const Tag& tag) {
        auto& container = open_.back();
        if (tag.shape == Tag::Shape::close) {
            if (element_kind(tag.name) != container.kind) refuse("close tag of another element");
            if (container.awaits_value) refuse("key without a value");
            close_container();
        } else if (container.kind == Kind::array) {
            value(tag);
        } else if (container.awaits_value) {
            container.awaits_value = false;
            value(tag);
        } else {
            if (tag.name != "key") refuse("value without a key");
            container.awaits_value = true;
            ++container.keys;
            work_.on_value();
            text(tag);
        }
    }

    void value(const Tag& tag) {
        const auto kind = element_kind(tag.name);
        if (!kind || tag.shape == Tag::Shape::close) refuse("value expected");
        if (tag.has_attributes) refuse("value with attributes");
        work_.on_value();
        if (*kind == Kind::dict || *kind == Kind::array) {
            if (open_.size() == max_depth) refuse("is nested too deep");
            if (tag.shape == Tag::Shape::open) open_.push_back({*kind});
        } else if (*kind == Kind::string) {
            text(tag);
        } else if (tag.shape == Tag::Shape::open) {
            // No comments or CDATA here: libplist reads only what is before them.
            if (!fits(*kind, scanner_.content(tag.name))) refuse("value does not fit its type");
        }
    }

    void text(const Tag& tag) {
        if (tag.has_attributes) refuse("key with attributes");
        if (tag.shape == Tag::Shape::empty) return;
        const auto checked = check_text_content(scanner_.content(tag.name));
        if (!checked.is_readable) refuse("unknown entity, bad UTF-8 or NUL");
        work_.on_entities(checked.entities, checked.bytes);
    }

    void close_container() {
        const auto keys = open_.back().keys;
        open_.pop_back();
        work_.on_keys(keys);
    }

    XmlScanner scanner_;
    std::vector<Container> open_;
    Work work_;
};

} // namespace

void guard_xml(std::string_view body) { XmlGuard{body}.check(); }

} // namespace nanomdm::plist
