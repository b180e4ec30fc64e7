// The members of a property list's root dict, one after the other, without a tree: for command reports,
// which arrive by the thousand a second and must not be refused for what they hold below the root.
#pragma once

#include "plist/binary_layout.hpp"
#include "plist/kind.hpp"
#include "plist/xml_scanner.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace nanomdm::plist {

/// One member of the root; its views point into the body.
struct Member {
    std::string key;
    Kind kind = Kind::string;
    std::variant<std::string_view, BinaryObject> content; ///< raw content of an XML leaf, or the object

    /// The text of a string. @return nullopt for other kinds and for text that is not clean Unicode.
    [[nodiscard]] std::optional<std::string> string() const;
    /// The same as a view into the body, where the body holds the text as it is.
    [[nodiscard]] std::optional<std::string_view> plain_string() const noexcept;
};

/// Linear in the body, no recursion, nothing allocated but long keys. Members are given in the order of
/// the body, repeated ones too. A body that goes wrong ends there: what was before it has been given.
class TopLevel {
public:
    /// @param body must outlive this and every member.
    explicit TopLevel(std::string_view body);

    /// @return nullopt at the end of the root dict, where the body stops making sense, or at once when it
    /// is no property list with a dict as root.
    [[nodiscard]] std::optional<Member> next();

    /// After next() returned nullopt: whether the root dict was read to its proper end.
    [[nodiscard]] bool complete() const noexcept { return complete_; }

private:
    struct Xml {
        XmlScanner scanner;
        bool inside = false;
    };
    struct Binary {
        BinaryLayout layout;
        BinaryObject root;
        std::size_t at = 0;
    };
    [[nodiscard]] std::optional<Member> next_in(Xml& xml);
    [[nodiscard]] std::optional<Member> next_in(Binary& binary);

    std::variant<std::monostate, Xml, Binary> source_;
    bool complete_ = false;
};

} // namespace nanomdm::plist
