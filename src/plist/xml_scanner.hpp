// Tags of an XML property list, one after the other, straight from the bytes: no tree, no copies, linear
// in the input whatever it holds. The guard and the top-level reader share it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace nanomdm::plist {

struct Tag {
    enum class Shape { open, close, empty };
    std::string_view name;
    Shape shape = Shape::open;
    bool has_attributes = false;

    [[nodiscard]] bool opens(std::string_view element) const noexcept {
        return shape == Shape::open && name == element;
    }
    [[nodiscard]] bool closes(std::string_view element) const noexcept {
        return shape == Shape::close && name == element;
    }
};

/// Knows XML as far as property lists use it (XML 1.0; Apple's PropertyList-1.0.dtd): comments,
/// processing instructions, one DOCTYPE without an internal subset, CDATA in text, a UTF-8 byte order
/// mark. Every member function throws Error{Errc::invalid} at what it does not know.
class XmlScanner {
public:
    /// @param document must outlive the scanner and all views it gives.
    explicit XmlScanner(std::string_view document);

    /// The next tag; only white space, comments and instructions may be before it.
    /// @return nullopt at the end of the document.
    [[nodiscard]] std::optional<Tag> next();
    /// After an open tag of a leaf: everything up to its close tag, which is consumed too. The content is
    /// raw: text, comments and CDATA sections (see xml_text.hpp).
    [[nodiscard]] std::string_view content(std::string_view element);
    /// After an open tag of any element: goes past its close tag, whatever is inside, well-formed or not.
    void skip_past_close(std::string_view element);

private:
    [[nodiscard]] std::string_view rest() const noexcept { return document_.substr(at_); }
    [[nodiscard]] bool skip_markup();
    [[nodiscard]] Tag read_tag();
    void skip_instruction();
    void skip_doctype();
    void skip_past(std::string_view end, std::size_t from);

    std::string_view document_;
    std::size_t at_ = 0;
    bool doctype_allowed_ = true;
};

} // namespace nanomdm::plist
