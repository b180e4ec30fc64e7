// Escaping, and the paths of a store.
#include "storage/file/names.hpp"

#include "crypto/digest.hpp"
#include "nanomdm/error.hpp"
#include "storage/file/crc32c.hpp"

namespace nanomdm::storage::file {
namespace {

constexpr std::size_t longest_name = 200;
constexpr std::size_t kept_of_longer = 120;
constexpr char digits[] = "0123456789ABCDEF";

bool is_plain(unsigned char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '_' || c == '.';
}

void append_escape(std::string& to, unsigned char c) {
    to += '%';
    to += digits[c >> 4];
    to += digits[c & 15];
}

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    throw Error{Errc::corrupt, "bad hexadecimal digit in a stored text"};
}

std::string shelf(std::string_view text) {
    const auto number = crc32c(text) & 0xFF;
    return {"0123456789abcdef"[number >> 4], "0123456789abcdef"[number & 15]};
}

} // namespace

std::string escaped(std::string_view text) {
    std::string name;
    name.reserve(text.size() + 8);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (is_plain(byte) && (c != '.' || !name.empty()))
            name += c;
        else
            append_escape(name, byte);
    }
    if (name.size() <= longest_name) return name;
    name.resize(kept_of_longer);
    return name + "~" + sha256_hex(text);
}

std::string line_value(std::string_view text) {
    std::string value;
    value.reserve(text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= ' ' || byte == 0x7F || c == '%')
            append_escape(value, byte);
        else
            value += c;
    }
    return value;
}

std::string from_line_value(std::string_view text) {
    std::string value;
    value.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            value += text[i];
            continue;
        }
        if (text.size() - i < 3) throw Error{Errc::corrupt, "bad escape in a text file"};
        value += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
        i += 2;
    }
    return value;
}

std::string from_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) throw Error{Errc::corrupt, "odd number of hexadecimal digits in a stored text"};
    std::string bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2)
        bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
    return bytes;
}

std::string Layout::enrollment_shelf(std::string_view id) const { return enrollments() + "/" + shelf(id); }
std::string Layout::enrollment(std::string_view id) const { return enrollment_shelf(id) + "/" + escaped(id); }
std::string Layout::command_shelf(std::string_view uuid) const { return commands() + "/" + shelf(uuid); }
std::string Layout::command(std::string_view uuid) const { return command_shelf(uuid) + "/" + escaped(uuid); }
std::string Layout::push_certificate(std::string_view topic) const {
    return push_certificates() + "/" + escaped(topic) + ".pem";
}

} // namespace nanomdm::storage::file
