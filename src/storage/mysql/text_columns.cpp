#include "storage/mysql/text_columns.hpp"

#include "crypto/digest.hpp"
#include "nanomdm/error.hpp"
#include "plist/guard.hpp"
#include "plist/utf8.hpp"
#include "plist/value.hpp"
#include "plist/xml_markup.hpp"

namespace nanomdm::storage::mysql {
namespace {

constexpr std::string_view xml_start = "<?xml";
constexpr std::string_view declaration = R"(<?xml version="1.0" encoding="UTF-8"?>)"
                                         "\n";
// Any property list reader understands it; any person, too.
constexpr std::string_view elsewhere =
    R"(<?xml version="1.0" encoding="UTF-8"?>)"
    "\n<!-- The bytes of this message are in the column next to this one whose name ends in _raw. -->\n"
    R"(<plist version="1.0"><dict/></plist>)"
    "\n";

constexpr std::size_t largest_with_equivalent = 256 * 1024;
// Many small values make XML many times as large as the binary list.
constexpr std::size_t largest_equivalent = 512 * 1024;

std::string_view without_leading_blanks(std::string_view text) {
    if (text.starts_with(plist::byte_order_mark)) text.remove_prefix(plist::byte_order_mark.size());
    const auto first = text.find_first_not_of(" \t\r\n");
    return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

/// Empty when there is none.
std::string xml_of_binary_list(std::string_view bytes) {
    try {
        auto xml = plist::Document::decode(bytes).to_xml();
        if (xml.starts_with(xml_start) && xml.size() <= largest_equivalent && plist::is_clean_utf8(xml))
            return xml;
    } catch (const Error&) { // not one, or over the limits: still stored, as bytes
    }
    return {};
}

std::string equivalent_of(std::string_view bytes) {
    std::string xml;
    if (bytes.size() > largest_with_equivalent) {
        // only the note
    } else if (plist::format_of(bytes) == plist::Format::binary) {
        xml = xml_of_binary_list(bytes);
    } else if (const auto text = without_leading_blanks(bytes);
               text.starts_with('<') && plist::is_clean_utf8(bytes)) {
        if (!text.starts_with(xml_start)) xml = declaration;
        xml += text;
    }
    return xml.empty() ? std::string{elsewhere} : xml;
}

} // namespace

TextColumn::TextColumn(std::string_view bytes) : bytes_{bytes} {
    if (bytes.starts_with(xml_start) && plist::is_clean_utf8(bytes)) return;
    equivalent_ = equivalent_of(bytes);
    hash_ = sha256(equivalent_);
}

Parameter TextColumn::text() const { return equivalent_.empty() ? bytes_ : std::string_view{equivalent_}; }

Parameter TextColumn::raw() const {
    if (equivalent_.empty()) return nullptr;
    return bytes_;
}

Parameter TextColumn::raw_of() const {
    if (equivalent_.empty()) return nullptr;
    return std::string_view{hash_};
}

std::string bytes_of(std::string_view column) {
    const std::string text{column};
    // AND looks at its right side only when the left one is true: no hash is computed for ordinary rows.
    return "CASE WHEN " + text + "_raw IS NOT NULL AND " + text + "_raw_of = UNHEX(SHA2(" + text +
           ", 256)) THEN " + text + "_raw ELSE " + text + " END";
}

} // namespace nanomdm::storage::mysql
