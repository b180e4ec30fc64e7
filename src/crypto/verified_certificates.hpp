// Identity certificates whose chain was verified a moment ago, with what it takes to check their next
// signature. Internal to crypto/.
#pragma once

#include "crypto/signature_key.hpp"
#include "nanomdm/mdm/request.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace nanomdm::crypto {

/// One verified certificate. Immutable.
class VerifiedCertificate {
public:
    /// @param bag how it came: its own DER, or several certificates of which it is the signer's.
    /// @param until when the chain must be verified again.
    VerifiedCertificate(X509* certificate, std::string_view bag, TimePoint now, TimePoint until);

    [[nodiscard]] const std::shared_ptr<const IdentityCertificate>& identity() const noexcept {
        return identity_;
    }
    [[nodiscard]] std::string_view bag() const noexcept { return bag_.empty() ? identity_->der : bag_; }
    /// A clock set back must not prolong what was verified under the clock before.
    [[nodiscard]] bool is_valid_at(TimePoint now) const noexcept { return since_ <= now && now < until_; }

    /// Whether this certificate's key made the signature, and over this body.
    [[nodiscard]] bool signed_by_this(const UsualSignedData& message, std::string_view body) const;

private:
    [[nodiscard]] bool is_named_by(const UsualSignedData& message) const noexcept;

    std::shared_ptr<const IdentityCertificate> identity_;
    std::string bag_; ///< empty when it is the certificate alone
    std::string_view issuer_;
    std::string_view serial_number_;
    std::string key_identifier_;
    SignatureKey key_;
    TimePoint since_;
    TimePoint until_;
};

/// The verified certificates by the raw bytes they came in. Thread-safe; no lock is held for longer than a
/// look-up. When full, the least recently used gives way.
class VerifiedCertificates {
public:
    /// @return null when unknown or due to be verified again.
    [[nodiscard]] std::shared_ptr<const VerifiedCertificate> find(std::string_view bag, TimePoint now);
    void insert(std::shared_ptr<const VerifiedCertificate> verified, TimePoint now);
    [[nodiscard]] std::size_t size() const;

    /// A prepared RSA key with its certificate takes 5 kB, so all of them 10 MB. It need not hold a whole
    /// fleet: a device's requests come in bursts of seconds, and not finding it costs a fifth of a
    /// millisecond.
    static constexpr std::size_t capacity = 2048;

private:
    static constexpr std::size_t shard_count = 16;
    struct Key {
        std::string_view bag; ///< kept alive by the entry
        std::size_t hash;
        bool operator==(const Key& other) const noexcept { return hash == other.hash && bag == other.bag; }
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept { return key.hash; }
    };
    struct Entry {
        std::shared_ptr<const VerifiedCertificate> verified;
        std::uint64_t last_used;
    };
    struct alignas(64) Shard {
        mutable std::mutex mutex;
        std::unordered_map<Key, Entry, KeyHash> entries;
        std::uint64_t uses = 0;
    };
    static Key key_of(std::string_view bag) noexcept;
    Shard& shard_of(const Key& key) noexcept { return shards_[key.hash >> 8 & (shard_count - 1)]; }

    std::array<Shard, shard_count> shards_;
};

} // namespace nanomdm::crypto
