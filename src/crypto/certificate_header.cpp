// Undoes what TLS proxies do to get a certificate through a header.
#include "crypto/certificate_header.hpp"

#include "crypto/pem.hpp"
#include "encoding/base64.hpp"
#include "encoding/trimmed.hpp"

namespace nanomdm::crypto {
namespace {

std::optional<unsigned> digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

/// application/x-www-form-urlencoded: `+` is a space, and a plus sign is `%2B`.
std::optional<std::string> query_unescaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            if (text.size() - i < 3) return std::nullopt;
            const auto high = digit(text[i + 1]);
            const auto low = digit(text[i + 2]);
            if (!high || !low) return std::nullopt;
            out += static_cast<char>(*high << 4 | *low);
            i += 2;
        }
    }
    return out;
}

} // namespace

std::optional<std::string> der_from_header(std::string_view value) {
    value = trimmed(value);
    if (value.starts_with(':')) {
        if (value.size() < 2 || !value.ends_with(':')) return std::nullopt;
        return base64_decode(value.substr(1, value.size() - 2));
    }
    const auto pem = query_unescaped(value);
    if (!pem) return std::nullopt;
    for (auto& block : read_pem(*pem))
        if (block.label == "CERTIFICATE") return std::move(block.der);
    return std::nullopt;
}

} // namespace nanomdm::crypto
