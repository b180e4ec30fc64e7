// Writes XML by hand and reads with libplist.
#include "support/simulator/plist_dict.hpp"

#include <cstdlib>
#include <limits>
#include <memory>
#include <openssl/evp.h>
#include <plist/plist.h>
#include <stdexcept>

namespace nanomdm::sim {
namespace {

std::string escaped(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (const char c : text) {
        switch (c) {
        case '&':
            result += "&amp;";
            break;
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break;
        default:
            result += c;
        }
    }
    return result;
}

struct FreeNode {
    void operator()(void* node) const noexcept { plist_free(node); }
};
using Node = std::unique_ptr<void, FreeNode>;

struct FreeBuffer {
    void operator()(char* buffer) const noexcept { std::free(buffer); } // libplist allocates with malloc
};
using Buffer = std::unique_ptr<char, FreeBuffer>;

Node parse(std::string_view text) {
    if (text.size() > std::numeric_limits<std::uint32_t>::max())
        throw std::runtime_error{"property list too large"};
    plist_t root = nullptr;
    plist_from_memory(text.data(), static_cast<std::uint32_t>(text.size()), &root);
    if (root == nullptr || plist_get_node_type(root) != PLIST_DICT) {
        plist_free(root);
        throw std::runtime_error{"not a property list dictionary: " + std::string{text.substr(0, 200)}};
    }
    return Node{root};
}

std::optional<std::string> value_of(plist_t node) {
    if (node == nullptr) return std::nullopt;
    char* text = nullptr;
    std::uint64_t size = 0;
    switch (plist_get_node_type(node)) {
    case PLIST_STRING:
        plist_get_string_val(node, &text);
        return std::string{Buffer{text}.get()};
    case PLIST_DATA:
        plist_get_data_val(node, &text, &size);
        return std::string{Buffer{text}.get(), static_cast<std::size_t>(size)};
    default:
        return std::nullopt;
    }
}

} // namespace

Dict& Dict::member(std::string_view key, std::string element) {
    members_ += "\t<key>" + escaped(key) + "</key>\n\t" + std::move(element) + "\n";
    return *this;
}

Dict& Dict::string(std::string_view key, std::string_view value) {
    return member(key, "<string>" + escaped(value) + "</string>");
}

Dict& Dict::integer(std::string_view key, std::int64_t value) {
    return member(key, "<integer>" + std::to_string(value) + "</integer>");
}

Dict& Dict::real(std::string_view key, double value) {
    return member(key, "<real>" + std::to_string(value) + "</real>");
}

Dict& Dict::boolean(std::string_view key, bool value) { return member(key, value ? "<true/>" : "<false/>"); }

Dict& Dict::bytes(std::string_view key, std::string_view bytes) {
    return member(key, "<data>\n\t" + base64(bytes) + "\n\t</data>");
}

Dict& Dict::dict(std::string_view key, const Dict& value) { return member(key, value.element()); }

Dict& Dict::array(std::string_view key, const std::vector<Dict>& values) {
    std::string list = "<array>\n";
    for (const auto& value : values) list += value.element() + "\n";
    return member(key, list + "</array>");
}

Dict& Dict::strings(std::string_view key, const std::vector<std::string>& values) {
    std::string list = "<array>\n";
    for (const auto& value : values) list += "<string>" + escaped(value) + "</string>\n";
    return member(key, list + "</array>");
}

Dict& Dict::merge(const Dict& other) {
    members_ += other.members_;
    return *this;
}

std::string Dict::element() const { return "<dict>\n" + members_ + "</dict>"; }

std::string Dict::document() const {
    return R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
)" + element() +
           "\n</plist>\n";
}

ReceivedCommand parse_command(std::string raw) {
    const auto root = parse(raw);
    const auto uuid = value_of(plist_dict_get_item(root.get(), "CommandUUID"));
    plist_t inner = plist_dict_get_item(root.get(), "Command");
    const bool is_dict = inner != nullptr && plist_get_node_type(inner) == PLIST_DICT;
    const auto type = is_dict ? value_of(plist_dict_get_item(inner, "RequestType")) : std::nullopt;
    if (!uuid || !type) throw std::runtime_error{"not a command: " + raw.substr(0, 200)};
    return {.uuid = *uuid, .request_type = *type, .raw = std::move(raw)};
}

std::optional<std::string> top_level_member(std::string_view plist, std::string_view key) {
    const auto root = parse(plist);
    return value_of(plist_dict_get_item(root.get(), std::string{key}.c_str()));
}

std::string to_binary(std::string_view xml_plist) {
    const auto root = parse(xml_plist);
    char* bytes = nullptr;
    std::uint32_t size = 0;
    plist_to_bin(root.get(), &bytes, &size);
    const Buffer owner{bytes};
    return std::string{bytes, size};
}

std::string command_plist(std::string_view uuid, std::string_view request_type) {
    return Dict{}
        .dict("Command", Dict{}.string("RequestType", request_type))
        .string("CommandUUID", uuid)
        .document();
}

std::string base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

} // namespace nanomdm::sim
