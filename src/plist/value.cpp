// The only file that calls libplist.
#include "plist/value.hpp"

#include "nanomdm/error.hpp"
#include "plist/guard.hpp"
#include "plist/xml_markup.hpp"

#include <cstdlib>
#include <new>
#include <plist/plist.h>

namespace nanomdm::plist {
namespace {

std::optional<Kind> kind_of(plist_t node) {
    switch (plist_get_node_type(node)) {
    case PLIST_STRING:
        return Kind::string;
    case PLIST_DATA:
        return Kind::data;
    case PLIST_BOOLEAN:
        return Kind::boolean;
    case PLIST_UINT:
        return Kind::integer;
    case PLIST_REAL:
        return Kind::real;
    case PLIST_DATE:
        return Kind::date;
    case PLIST_ARRAY:
        return Kind::array;
    case PLIST_DICT:
        return Kind::dict;
    default:
        return std::nullopt;
    }
}

struct FreeIterator {
    void operator()(void* iterator) const noexcept { std::free(iterator); }
};

std::unique_ptr<void, FreeIterator> iterate(plist_t dict) {
    plist_dict_iter iterator = nullptr;
    plist_dict_new_iter(dict, &iterator);
    return std::unique_ptr<void, FreeIterator>{iterator};
}

} // namespace

void Document::Free::operator()(void* node) const noexcept { plist_free(node); }

Document Document::decode(std::string_view body) {
    guard(body);
    plist_t tree = nullptr;
    if (format_of(body) == Format::binary) {
        plist_from_bin(body.data(), static_cast<std::uint32_t>(body.size()), &tree);
    } else {
        if (body.starts_with(byte_order_mark)) body.remove_prefix(byte_order_mark.size());
        plist_from_xml(body.data(), static_cast<std::uint32_t>(body.size()), &tree);
    }
    if (tree == nullptr) throw Error{Errc::invalid, "property list cannot be decoded"};
    Document document{tree};
    if (kind_of(tree) != Kind::dict) throw Error{Errc::invalid, "property list is no dict"};
    return document;
}

void Document::set_data(const char* key, std::string_view bytes) {
    plist_t value = plist_new_data(bytes.data(), bytes.size());
    if (value == nullptr) throw std::bad_alloc{};
    plist_dict_set_item(tree_.get(), key, value);
}

std::string Document::to_xml() const {
    char* text = nullptr;
    std::uint32_t length = 0;
    plist_to_xml(tree_.get(), &text, &length);
    const std::unique_ptr<char, decltype(&plist_to_xml_free)> owner{text, &plist_to_xml_free};
    if (text == nullptr) throw std::bad_alloc{};
    return {text, length};
}

/// Walks the dict: lookups in a tree from a binary list find the first of equal keys, in one from XML
/// the last.
void* Dict::find(const char* key) const {
    void* found = nullptr;
    const auto iterator = iterate(node_);
    for (;;) {
        plist_t value = nullptr;
        plist_dict_next_item(node_, iterator.get(), nullptr, &value);
        if (value == nullptr) return found;
        if (plist_key_val_compare(plist_dict_item_get_key(value), key) == 0) found = value;
    }
}

void* Dict::find(const char* key, Kind wanted) const {
    const auto found = find(key);
    if (found != nullptr && kind_of(found) != wanted)
        throw Error{Errc::invalid, std::string{key} + " has an unexpected type"};
    return found;
}

std::optional<Kind> Dict::kind(const char* key) const {
    const auto node = find(key);
    return node == nullptr ? std::nullopt : kind_of(node);
}

std::optional<std::string> Dict::string(const char* key) const {
    const auto node = find(key, Kind::string);
    if (node == nullptr) return std::nullopt;
    std::uint64_t length = 0;
    const char* text = plist_get_string_ptr(node, &length);
    return text == nullptr ? std::string{} : std::string{text, length};
}

std::map<std::string, std::string> Dict::strings() const {
    std::map<std::string, std::string> members;
    const auto iterator = iterate(node_);
    for (;;) {
        char* key = nullptr;
        plist_t value = nullptr;
        plist_dict_next_item(node_, iterator.get(), &key, &value);
        const std::unique_ptr<char, decltype(&std::free)> owned{key, &std::free};
        if (value == nullptr) return members;
        if (kind_of(value) != Kind::string) continue;
        std::uint64_t length = 0;
        const char* text = plist_get_string_ptr(value, &length);
        members.insert_or_assign(key, text == nullptr ? std::string{} : std::string{text, length});
    }
}

std::optional<std::string> Dict::data(const char* key) const {
    const auto node = find(key, Kind::data);
    if (node == nullptr) return std::nullopt;
    std::uint64_t length = 0;
    const char* bytes = plist_get_data_ptr(node, &length);
    return bytes == nullptr ? std::string{} : std::string{bytes, length};
}

std::optional<bool> Dict::boolean(const char* key) const {
    const auto node = find(key, Kind::boolean);
    if (node == nullptr) return std::nullopt;
    std::uint8_t value = 0;
    plist_get_bool_val(node, &value);
    return value != 0;
}

std::optional<std::int64_t> Dict::integer(const char* key) const {
    const auto node = find(key, Kind::integer);
    if (node == nullptr) return std::nullopt;
    std::uint64_t value = 0;
    plist_get_uint_val(node, &value);
    return static_cast<std::int64_t>(value);
}

std::optional<Dict> Dict::dict(const char* key) const {
    const auto node = find(key, Kind::dict);
    if (node == nullptr) return std::nullopt;
    return Dict{node};
}

} // namespace nanomdm::plist
