// A public key made ready for verifying many signatures. Internal to crypto/.
#pragma once

#include "crypto/openssl.hpp"
#include "crypto/signed_data.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>

namespace nanomdm::crypto {

/// Thread-safe. Setting up a verification costs a fifth of it, so one that was set up is kept; callers
/// that find it taken set up their own.
class SignatureKey {
public:
    explicit SignatureKey(KeyPtr key) noexcept;
    ~SignatureKey();
    SignatureKey(const SignatureKey&) = delete;
    SignatureKey& operator=(const SignatureKey&) = delete;

    /// @param digest index in cms_digests; `hash` is by it. @return false on any failure.
    [[nodiscard]] bool verify(UsualSignedData::Scheme scheme, std::size_t digest, std::string_view hash,
                              std::string_view signature) const;

private:
    struct Prepared {
        KeyContextPtr context;
        std::size_t digest;
    };
    [[nodiscard]] std::unique_ptr<Prepared> prepare(std::size_t digest) const;

    KeyPtr key_;
    bool is_rsa_;
    bool is_ec_;
    mutable std::atomic<Prepared*> idle_{nullptr};
};

/// Hashes with the digests of cms_digests, by methods fetched once and one context per thread: finish one
/// before making the next on the same thread.
class Hasher {
public:
    explicit Hasher(std::size_t digest);
    Hasher& update(std::string_view bytes);
    /// The hash; valid as long as this object.
    [[nodiscard]] std::string_view finish();

private:
    EVP_MD_CTX* context_;
    std::array<char, 64> hash_{};
};

} // namespace nanomdm::crypto
