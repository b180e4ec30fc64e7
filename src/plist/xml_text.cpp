// Splits content into its parts, then resolves entities in those that are not CDATA.
#include "plist/xml_text.hpp"

#include "plist/utf8.hpp"
#include "plist/xml_markup.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace nanomdm::plist {
namespace {

/// Longest reference with meaning: `#x10FFFF`.
constexpr std::size_t longest_entity = 8;

constexpr std::array<std::pair<std::string_view, std::uint32_t>, 5> entities{{
    {"amp", '&'},
    {"lt", '<'},
    {"gt", '>'},
    {"quot", '"'},
    {"apos", '\''},
}};

/// Calls visit(part, is_cdata) for each run of text; the content's markup is complete already.
/// @return false as soon as visit does.
template <class Visit> bool each_part(std::string_view content, Visit visit) {
    while (!content.empty()) {
        const auto text = content.substr(0, content.find('<'));
        if (!text.empty() && !visit(text, false)) return false;
        content.remove_prefix(text.size());
        if (content.starts_with(comment_start)) {
            const auto end = content.find(comment_end, comment_start.size());
            content.remove_prefix(end + comment_end.size());
        } else if (content.starts_with(cdata_start)) {
            const auto end = content.find(cdata_end, cdata_start.size());
            if (!visit(content.substr(cdata_start.size(), end - cdata_start.size()), true)) return false;
            content.remove_prefix(end + cdata_end.size());
        } else if (!content.empty()) {
            return false;
        }
    }
    return true;
}

/// The code point of the entity `name` (without `&` and `;`); 0 when it has none.
std::uint32_t code_point(std::string_view name) {
    for (const auto& [known, value] : entities) {
        if (known == name) return value;
    }
    if (!name.starts_with('#')) return 0;
    name.remove_prefix(1);
    const bool hexadecimal = name.starts_with('x');
    if (hexadecimal) name.remove_prefix(1);
    std::uint32_t value = 0;
    const auto [end, error] =
        std::from_chars(name.data(), name.data() + name.size(), value, hexadecimal ? 16 : 10);
    return error == std::errc{} && end == name.data() + name.size() ? value : 0;
}

/// Resolves the entity at the front of `text` into `out`. @return its length; 0 when it is none.
std::size_t resolve_entity(std::string_view text, std::string& out) {
    const auto end = text.substr(0, longest_entity + 2).find(';');
    if (end == std::string_view::npos) return 0;
    return append_utf8(out, code_point(text.substr(1, end - 1))) ? end + 1 : 0;
}

} // namespace

TextCheck check_text_content(std::string_view content) {
    TextCheck check{.bytes = content.size()};
    std::string scratch;
    check.is_readable = each_part(content, [&](std::string_view part, bool is_cdata) {
        if (!is_clean_utf8(part)) return false;
        if (is_cdata) return true;
        for (auto at = part.find('&'); at != std::string_view::npos; at = part.find('&', at)) {
            scratch.clear();
            const auto length = resolve_entity(part.substr(at), scratch);
            if (length == 0) return false;
            at += length;
            ++check.entities;
        }
        return true;
    });
    return check;
}

std::optional<std::string> read_text_content(std::string_view content) {
    std::string text;
    text.reserve(content.size());
    const bool readable = each_part(content, [&text](std::string_view part, bool is_cdata) {
        if (!is_clean_utf8(part)) return false;
        if (is_cdata) {
            text += part;
            return true;
        }
        for (auto at = part.find('&'); at != std::string_view::npos; at = part.find('&')) {
            text += part.substr(0, at);
            part.remove_prefix(at);
            const auto length = resolve_entity(part, text);
            if (length == 0) return false;
            part.remove_prefix(length);
        }
        text += part;
        return true;
    });
    if (!readable) return std::nullopt;
    return text;
}

} // namespace nanomdm::plist
