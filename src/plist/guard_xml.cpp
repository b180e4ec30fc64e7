// The guard for XML: the grammar of Apple's PropertyList-1.0.dtd with a stack of open containers.
#include "plist/guard.hpp"

#include "nanomdm/error.hpp"
#include "plist/base64.hpp"
#include "plist/element.hpp"
#include "plist/limits.hpp"
#include "plist/utf8.hpp"
#include "plist/xml_scanner.hpp"
#include "plist/xml_text.hpp"

#include <string>
#include <vector>

namespace nanomdm::plist {
namespace {

[[noreturn]] void refuse(const char* why) {
    throw Error{Errc::invalid, std::string{"property list: "} + why};
}

bool is_number(std::string_view text) noexcept {
    return text.find_first_not_of("+-.0123456789abcdefxinABCDEFXINTYty \t\r\n") == std::string_view::npos;
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
            count_node();
            text(tag);
        }
    }

    void value(const Tag& tag) {
        const auto kind = element_kind(tag.name);
        if (!kind || tag.shape == Tag::Shape::close) refuse("value expected");
        if (tag.has_attributes) refuse("value with attributes");
        count_node();
        if (*kind == Kind::dict || *kind == Kind::array) {
            if (open_.size() == max_depth) refuse("is nested too deep");
            if (tag.shape == Tag::Shape::open) open_.push_back({*kind});
        } else if (*kind == Kind::string) {
            text(tag);
        } else if (tag.shape == Tag::Shape::open) {
            leaf(*kind, scanner_.content(tag.name));
        }
    }

    void text(const Tag& tag) {
        if (tag.has_attributes) refuse("key with attributes");
        if (tag.shape == Tag::Shape::empty) return;
        const auto checked = check_text_content(scanner_.content(tag.name));
        if (!checked.is_readable) refuse("unknown entity, bad UTF-8 or NUL");
        entity_work_ += checked.entity_work;
        if (entity_work_ > max_entity_work) refuse("has too many entities");
    }

    /// Comments and CDATA are refused here: libplist reads only what is before them.
    static void leaf(Kind kind, std::string_view content) {
        const bool well_formed =
            kind == Kind::boolean ? content.find_first_not_of(" \t\r\n") == std::string_view::npos
            : kind == Kind::data  ? is_base64(content)
            : kind == Kind::date
                ? content.find_first_of("<&") == std::string_view::npos && is_clean_utf8(content)
                : is_number(content);
        if (!well_formed) refuse("value does not fit its type");
    }

    void close_container() {
        const auto keys = open_.back().keys;
        open_.pop_back();
        squared_keys_ += keys * keys;
        if (squared_keys_ > max_squared_keys) refuse("has a dict with too many keys");
    }

    void count_node() {
        if (++nodes_ > max_nodes) refuse("has too many values");
    }

    XmlScanner scanner_;
    std::vector<Container> open_;
    std::size_t nodes_ = 0;
    std::uint64_t squared_keys_ = 0;
    std::uint64_t entity_work_ = 0;
};

} // namespace

void guard_xml(std::string_view body) { XmlGuard{body}.check(); }

} // namespace nanomdm::plist
