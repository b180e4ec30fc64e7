// Follows the ASN.1 of RFC 5652 from top to bottom. What is let through here OpenSSL must also let
// through, which the fuzz target crypto_signature checks: when in doubt, give up.
#include "crypto/signed_data.hpp"

#include "crypto/cms_algorithm.hpp"
#include "crypto/der_cursor.hpp"

#include <algorithm>
#include <array>

namespace nanomdm::crypto {
namespace {

constexpr auto oid_data = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01"sv;
constexpr auto oid_signed_data = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"sv;
constexpr auto oid_content_type = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x03"sv;
constexpr auto oid_message_digest = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x04"sv;
constexpr auto oid_signing_time = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x05"sv;
constexpr auto oid_smime_capabilities = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x0F"sv;
constexpr auto oid_apple_hash_agility_1 = "\x2A\x86\x48\x86\xF7\x63\x64\x09\x01"sv;
constexpr auto oid_apple_hash_agility_2 = "\x2A\x86\x48\x86\xF7\x63\x64\x09\x02"sv;

/// Attributes that say nothing the verification depends on, with the tag of their value.
struct HarmlessAttribute {
    std::string_view oid;
    std::uint8_t tag;
};
constexpr std::array<HarmlessAttribute, 5> harmless_attributes{{
    {oid_signing_time, tag::utc_time},
    {oid_signing_time, tag::generalized_time},
    {oid_smime_capabilities, tag::sequence},
    {oid_apple_hash_agility_1, tag::octet_string},
    {oid_apple_hash_agility_2, tag::sequence},
}};
constexpr std::size_t most_attributes = 8;

bool is_small_number(std::string_view integer) { return integer.size() == 1 && integer[0] >= 0; }

/// AlgorithmIdentifier whose parameters are NULL or absent. @return the OID.
std::string_view algorithm(DerCursor& at) {
    at.open(tag::sequence);
    const auto oid = at.take(tag::oid).content;
    if (!at.at_end() && !at.take(tag::null).content.empty()) return {};
    at.close();
    return at.failed() ? std::string_view{} : oid;
}

/// The certificate's digest must be named twice: for the whole message and by the signer.
std::optional<std::size_t> only_digest(DerCursor& at) {
    at.open(tag::set);
    const auto digest = digest_with_oid(algorithm(at));
    at.close();
    return digest;
}

bool signer_identifier(DerCursor& at, UsualSignedData& out) {
    if (at.next_is(tag::context_0)) {
        out.key_identifier = at.take(tag::context_0).content;
        return !out.key_identifier.empty();
    }
    at.open(tag::sequence);
    out.issuer = at.take(tag::sequence).whole;
    out.serial_number = at.take(tag::integer).whole;
    at.close();
    return !at.failed();
}

bool signature_algorithm(DerCursor& at, UsualSignedData& out) {
    const auto oid = algorithm(at);
    const auto& digest = cms_digests[out.digest];
    out.scheme = oid == digest.oid_with_ecdsa ? UsualSignedData::Scheme::ecdsa : UsualSignedData::Scheme::rsa;
    return oid == digest.oid_with_ecdsa || oid == digest.oid_with_rsa || oid == oid_rsa_encryption;
}

/// One attribute's kind and its one value.
bool attribute(std::string_view oid, std::string_view values, UsualSignedData& out) {
    DerCursor value{values};
    if (oid == oid_content_type) {
        if (value.take(tag::oid).content != oid_data) return false;
    } else if (oid == oid_message_digest) {
        out.message_digest = value.take(tag::octet_string).content;
        if (out.message_digest.size() != cms_digests[out.digest].size) return false;
    } else {
        const auto harmless =
            std::find_if(harmless_attributes.begin(), harmless_attributes.end(),
                         [&](const auto& h) { return h.oid == oid && value.next_is(h.tag); });
        if (harmless == harmless_attributes.end()) return false;
        value.take(harmless->tag);
    }
    return value.finished();
}

/// Definite lengths all the way down: we hash what was sent, OpenSSL what it encodes from it.
bool signed_attributes(DerCursor& at, UsualSignedData& out) {
    const auto whole = at.take(tag::context_0_constructed);
    if (at.failed()) return false;
    out.attributes_after_tag = whole.whole.substr(1);

    std::array<std::string_view, most_attributes> kinds;
    auto* end_of_kinds = kinds.begin();
    DerCursor attributes{whole.content};
    while (!attributes.at_end()) {
        DerCursor members{attributes.take(tag::sequence).content};
        const auto oid = members.take(tag::oid).content;
        const auto values = members.take(tag::set).content;
        if (attributes.failed() || !members.finished() || !attribute(oid, values, out)) return false;
        if (end_of_kinds == kinds.end() || std::find(kinds.begin(), end_of_kinds, oid) != end_of_kinds)
            return false;
        *end_of_kinds++ = oid;
    }
    const bool has_content_type = std::find(kinds.begin(), end_of_kinds, oid_content_type) != end_of_kinds;
    return attributes.finished() && has_content_type && !out.message_digest.empty();
}

bool signer(DerCursor& at, UsualSignedData& out) {
    const auto whole = at.take(tag::sequence); // definite from here on: the signer's part is hashed as sent
    if (at.failed()) return false;
    DerCursor info{whole.content};
    if (!is_small_number(info.take(tag::integer).content) || !signer_identifier(info, out)) return false;
    if (digest_with_oid(algorithm(info)) != out.digest) return false;
    if (info.next_is(tag::context_0_constructed) && !signed_attributes(info, out)) return false;
    if (!signature_algorithm(info, out)) return false;
    out.signature = info.take(tag::octet_string).content;
    return info.finished() && !out.signature.empty();
}

} // namespace

std::optional<UsualSignedData> read_usual_signed_data(std::string_view cms) {
    UsualSignedData out;
    DerCursor at{cms};
    at.open(tag::sequence); // ContentInfo
    if (at.take(tag::oid).content != oid_signed_data) return std::nullopt;
    at.open(tag::context_0_constructed);
    at.open(tag::sequence); // SignedData
    if (!is_small_number(at.take(tag::integer).content)) return std::nullopt;
    const auto digest = only_digest(at);
    if (!digest) return std::nullopt;
    out.digest = *digest;
    at.open(tag::sequence); // EncapsulatedContentInfo, without content
    if (at.take(tag::oid).content != oid_data) return std::nullopt;
    at.close();
    out.certificates = at.take(tag::context_0_constructed).content;
    at.open(tag::set); // SignerInfos
    if (at.failed() || !signer(at, out)) return std::nullopt;
    at.close();
    at.close();
    at.close();
    at.close();
    if (!at.finished()) return std::nullopt;
    return out;
}

} // namespace nanomdm::crypto
