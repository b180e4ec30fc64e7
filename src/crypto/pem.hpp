// PEM blocks (RFC 7468), read more forgivingly than OpenSSL does: files are glued together without line
// breaks, and a header's escaping can turn line breaks into spaces.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::crypto {

struct PemBlock {
    std::string_view label;         ///< "CERTIFICATE"; points into the text that was read
    bool encrypted = false;         ///< a key that needs a pass phrase (RFC 1421 or PKCS#8)
    std::optional<std::string> der; ///< nullopt when encrypted by RFC 1421, or not base64
};

/// Every block in order; text between blocks is skipped. A block without its end line is not one.
[[nodiscard]] std::vector<PemBlock> read_pem(std::string_view text);

/// One block with lines of 64 characters.
[[nodiscard]] std::string write_pem(std::string_view label, std::string_view der);

} // namespace nanomdm::crypto
