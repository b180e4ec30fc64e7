// The algorithms of a CMS signature that device clients use, by their object identifiers.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace nanomdm::crypto {

using namespace std::string_view_literals;

struct CmsDigest {
    const char* name; ///< OpenSSL's
    std::size_t size; ///< bytes
    std::string_view oid;
    std::string_view oid_with_rsa;
    std::string_view oid_with_ecdsa;
};

/// RFC 3370 and RFC 5754. MD5 is deliberately not among them.
inline constexpr std::array<CmsDigest, 5> cms_digests{{
    {"SHA1", 20, "\x2B\x0E\x03\x02\x1A"sv, "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x05"sv,
     "\x2A\x86\x48\xCE\x3D\x04\x01"sv},
    {"SHA224", 28, "\x60\x86\x48\x01\x65\x03\x04\x02\x04"sv, "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0E"sv,
     "\x2A\x86\x48\xCE\x3D\x04\x03\x01"sv},
    {"SHA256", 32, "\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv, "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B"sv,
     "\x2A\x86\x48\xCE\x3D\x04\x03\x02"sv},
    {"SHA384", 48, "\x60\x86\x48\x01\x65\x03\x04\x02\x02"sv, "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C"sv,
     "\x2A\x86\x48\xCE\x3D\x04\x03\x03"sv},
    {"SHA512", 64, "\x60\x86\x48\x01\x65\x03\x04\x02\x03"sv, "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D"sv,
     "\x2A\x86\x48\xCE\x3D\x04\x03\x04"sv},
}};
inline constexpr std::size_t longest_digest = 64;

inline constexpr std::string_view oid_rsa_encryption = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01"sv;

/// @return the index in cms_digests.
[[nodiscard]] constexpr std::optional<std::size_t> digest_with_oid(std::string_view oid) {
    for (std::size_t i = 0; i < cms_digests.size(); ++i)
        if (cms_digests[i].oid == oid) return i;
    return std::nullopt;
}

} // namespace nanomdm::crypto
