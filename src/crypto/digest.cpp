// Hashes by OpenSSL's one-shot calls.
#include "crypto/digest.hpp"

#include "encoding/hex.hpp"

#include "nanomdm/error.hpp"

#include <array>
#include <climits>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace nanomdm {
namespace {

constexpr std::size_t sha256_size = 32;
using Sha256 = std::array<unsigned char, sha256_size>;

const unsigned char* data_of(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

/// Fetched once: looking a digest up by name at every hash costs more than hashing a short text.
const EVP_MD* fetched_sha256() {
    static EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return md;
}

Sha256 sha256_array(std::string_view bytes) {
    Sha256 out;
    if (EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, fetched_sha256(), nullptr) != 1)
        throw Error{Errc::internal, "SHA-256 failed"};
    return out;
}

std::string as_string(const Sha256& hash) {
    return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

} // namespace

std::string sha256(std::string_view bytes) { return as_string(sha256_array(bytes)); }

std::string sha256_hex(std::string_view bytes) { return to_hex(sha256(bytes)); }

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    // OpenSSL takes a null key for «the key of the last call», so an empty one must not be null.
    if (key.empty()) key = std::string_view{"", 0};
    Sha256 out;
    if (key.size() > static_cast<std::size_t>(INT_MAX) ||
        HMAC(fetched_sha256(), key.data(), static_cast<int>(key.size()), data_of(bytes), bytes.size(),
             out.data(), nullptr) == nullptr)
        throw Error{Errc::internal, "HMAC-SHA-256 failed"};
    return as_string(out);
}

bool constant_time_equal(std::string_view a, std::string_view b) {
    const auto hash_a = sha256_array(a);
    const auto hash_b = sha256_array(b);
    return CRYPTO_memcmp(hash_a.data(), hash_b.data(), hash_a.size()) == 0;
}

} // namespace nanomdm
