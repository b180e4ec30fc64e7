// The cache behind the fast path.
#include "crypto/verified_certificates.hpp"

#include "crypto/certificate.hpp"
#include "crypto/cms_algorithm.hpp"
#include "crypto/der_cursor.hpp"

#include <algorithm>
#include <functional>
#include <openssl/x509v3.h>
#include <tuple>
#include <utility>
#include <vector>

namespace nanomdm::crypto {
namespace {

std::string key_identifier_of(X509* certificate) {
    const ASN1_OCTET_STRING* const identifier = X509_get0_subject_key_id(certificate);
    if (identifier == nullptr) return {};
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(identifier)),
            static_cast<std::size_t>(ASN1_STRING_length(identifier))};
}

/// Issuer and serial number as they stand in the certificate's bytes; empty when it is not plain DER.
std::pair<std::string_view, std::string_view> issuer_and_serial_number(std::string_view certificate) {
    DerCursor at{certificate};
    at.open(tag::sequence);
    at.open(tag::sequence);
    if (at.next_is(tag::context_0_constructed)) at.take(tag::context_0_constructed);
    const auto serial_number = at.take(tag::integer).whole;
    at.take(tag::sequence); // signature algorithm
    const auto issuer = at.take(tag::sequence).whole;
    if (at.failed()) return {};
    return {issuer, serial_number};
}

} // namespace

VerifiedCertificate::VerifiedCertificate(X509* certificate, std::string_view bag, TimePoint now,
                                         TimePoint until)
    : identity_{identity_of(certificate)}, bag_{bag == identity_->der ? std::string_view{} : bag},
      key_identifier_{key_identifier_of(certificate)}, key_{KeyPtr{X509_get_pubkey(certificate)}},
      since_{now}, until_{until} {
    std::tie(issuer_, serial_number_) = issuer_and_serial_number(identity_->der);
}

bool VerifiedCertificate::is_named_by(const UsualSignedData& message) const noexcept {
    if (!message.key_identifier.empty()) return message.key_identifier == key_identifier_;
    return !issuer_.empty() && message.issuer == issuer_ && message.serial_number == serial_number_;
}

bool VerifiedCertificate::signed_by_this(const UsualSignedData& message, std::string_view body) const {
    if (!is_named_by(message)) return false;
    Hasher body_hasher{message.digest};
    const auto body_hash = body_hasher.update(body).finish();
    if (message.attributes_after_tag.empty())
        return key_.verify(message.scheme, message.digest, body_hash, message.signature);
    if (message.message_digest != body_hash) return false;
    // RFC 5652 5.4: the attributes are signed under the tag of a SET, and sent under [0].
    static constexpr char set_tag = static_cast<char>(tag::set);
    Hasher attributes_hasher{message.digest};
    attributes_hasher.update({&set_tag, 1}).update(message.attributes_after_tag);
    return key_.verify(message.scheme, message.digest, attributes_hasher.finish(), message.signature);
}

VerifiedCertificates::Key VerifiedCertificates::key_of(std::string_view bag) noexcept {
    return {bag, std::hash<std::string_view>{}(bag)};
}

std::shared_ptr<const VerifiedCertificate> VerifiedCertificates::find(std::string_view bag, TimePoint now) {
    const auto key = key_of(bag);
    auto& shard = shard_of(key);
    const std::lock_guard lock{shard.mutex};
    const auto found = shard.entries.find(key);
    if (found == shard.entries.end() || !found->second.verified->is_valid_at(now)) return nullptr;
    found->second.last_used = ++shard.uses;
    return found->second.verified;
}

void VerifiedCertificates::insert(std::shared_ptr<const VerifiedCertificate> verified, TimePoint now) {
    const auto key = key_of(verified->bag());
    auto& shard = shard_of(key);
    std::vector<std::shared_ptr<const VerifiedCertificate>> removed; // destroyed after the lock is gone
    const std::lock_guard lock{shard.mutex};
    const auto remove = [&](auto entry) {
        removed.push_back(std::move(entry->second.verified));
        return shard.entries.erase(entry);
    };
    if (const auto old = shard.entries.find(key); old != shard.entries.end()) remove(old);
    if (shard.entries.size() >= capacity / shard_count) {
        for (auto entry = shard.entries.begin(); entry != shard.entries.end();)
            entry = entry->second.verified->is_valid_at(now) ? std::next(entry) : remove(entry);
    }
    if (shard.entries.size() >= capacity / shard_count) {
        remove(std::min_element(shard.entries.begin(), shard.entries.end(), [](const auto& a, const auto& b) {
            return a.second.last_used < b.second.last_used;
        }));
    }
    shard.entries.emplace(key, Entry{std::move(verified), ++shard.uses});
}

std::size_t VerifiedCertificates::size() const {
    std::size_t size = 0;
    for (const auto& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        size += shard.entries.size();
    }
    return size;
}

} // namespace nanomdm::crypto
