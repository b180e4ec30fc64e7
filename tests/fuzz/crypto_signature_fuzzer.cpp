// Holds the fast path of the signature check against OpenSSL's: what the fast one accepts the full one
// must accept, for the same signer; and the verifier as a whole must answer as the full one does.
//
// The input is a list of changes to a valid signature: to its parts, which may then be signed again (a
// device is free to sign nonsense), and to its bytes. Keys are made at start, so a failure prints the
// message itself.
#include "crypto/certificate.hpp"
#include "crypto/cms.hpp"
#include "crypto/identity_verifier.hpp"
#include "crypto/signed_data.hpp"
#include "crypto/verified_certificates.hpp"
#include "encoding/base64.hpp"
#include "fuzz/edits.hpp"
#include "nanomdm/error.hpp"
#include "support/cms_signer.hpp"
#include "support/signed_data_parts.hpp"
#include "support/test_ca.hpp"

#include <array>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace {

using namespace nanomdm;
using namespace nanomdm::test;
using crypto::VerifiedCertificate;
using fuzz::Input;

const std::string body = "<plist><dict><key>Status</key><string>Idle</string></dict></plist>";
constexpr std::array digests{"SHA256", "SHA1", "SHA512", "SHA384", "SHA224", "MD5"};

struct World {
    TestCa ca = TestCa::make_root("Fuzz", KeyType::ec_p256);
    std::string ec_key = make_private_key(KeyType::ec_p256);
    std::string rsa_key = make_private_key(KeyType::rsa_1024);
    std::array<Identity, 4> identities{
        ca.issue({.common_name = "ec", .private_key_pem = ec_key}),
        ca.issue({.common_name = "rsa", .private_key_pem = rsa_key}),
        ca.issue({.common_name = "twin of ec", .private_key_pem = ec_key}),
        ca.issue({.common_name = "twin of rsa", .private_key_pem = rsa_key}),
    };
    std::map<std::string, std::shared_ptr<const VerifiedCertificate>, std::less<>> verified;
    std::unique_ptr<IdentityVerifier> verifier;
    std::size_t runs = 0, usual = 0, fast = 0, full = 0;

    World() {
        TrustOptions trust;
        trust.ca_pem = ca.certificate_pem();
        verifier = std::make_unique<IdentityVerifier>(trust);
        for (const auto& identity : identities) {
            const auto der = identity.certificate_der();
            const auto certificate = crypto::certificate_from_der(der);
            verified.emplace(der, std::make_shared<const VerifiedCertificate>(
                                      certificate.get(), der, TimePoint::min(), TimePoint::max()));
        }
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World() {
        std::cerr << runs << " messages, usual in shape " << usual << ", accepted by the fast path " << fast
                  << ", by OpenSSL " << full << '\n';
    }
};

World& world() {
    static World made;
    return made;
}

const SignedDataParts& seed(std::size_t identity, std::size_t bits) {
    static std::map<std::pair<std::size_t, std::size_t>, SignedDataParts> made;
    const auto found = made.find({identity, bits});
    if (found != made.end()) return found->second;
    CmsShape shape;
    shape.with_attributes = (bits & 1) == 0;
    shape.by_key_identifier = (bits & 2) != 0;
    shape.names_combined_algorithm = (bits & 4) != 0;
    shape.absent_parameters = (bits & 8) != 0;
    shape.attached = (bits & 16) != 0;
    const std::size_t count = identity % 2 == 0 ? 5 : digests.size(); // OpenSSL signs no ECDSA with MD5
    shape.digest = digests[(bits >> 5) % count];
    if ((bits & 256) != 0)
        shape.extra_certificates_pem = {world().identities[(identity + 1) % 4].certificate_pem};
    const auto& by = world().identities[identity];
    return made
        .emplace(std::pair{identity, bits},
                 SignedDataParts::of(sign_cms(by.certificate_pem, by.private_key_pem, body, shape)))
        .first->second;
}

std::string* part_of(SignedDataParts& parts, std::size_t index) {
    const std::array all{&parts.version,
                         &parts.digest_algorithms,
                         &parts.encapsulated_content,
                         &parts.certificates,
                         &parts.signer_version,
                         &parts.signer_identifier,
                         &parts.digest_algorithm,
                         &parts.signature_algorithm,
                         &parts.signature,
                         &parts.unsigned_attributes};
    if (index < all.size()) return all[index];
    index -= all.size();
    return index < parts.attributes.size() ? &parts.attributes[index] : nullptr;
}

/// An attribute of a known or odd kind, with odd values.
std::string made_attribute(Input& input) {
    using namespace std::string_literals;
    static const std::array oids{
        "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x03"s, "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x04"s,
        "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x05"s, "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x06"s,
        "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x0F"s, "\x2A\x86\x48\x86\xF7\x63\x64\x09\x01"s,
        "\x2A\x86\x48\x86\xF7\x63\x64\x09\x02"s, "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x02\x2F"s,
    };
    static constexpr std::array<unsigned char, 8> tags{0x17, 0x18, 0x30, 0x04, 0x02, 0x06, 0x01, 0x31};
    const auto& oid = oids[input.below(oids.size())];
    std::string values;
    for (std::size_t count = input.below(3); count > 0; --count) {
        const auto value_tag = tags[input.below(tags.size())];
        values += der(value_tag, input.text(input.below(40)));
    }
    return der(0x30, der(0x06, oid) + der(0x31, values));
}

void change_parts(SignedDataParts& parts, std::size_t identity, Input& input, std::string& signed_body) {
    const auto kind = input.byte() % 10;
    if (kind == 9) {
        signed_body = input.text(input.below(32));
        return;
    }
    if (kind == 8) {
        parts.sign_again(world().identities[identity].private_key_pem, signed_body, digests[input.below(5)]);
        return;
    }
    auto* const part = part_of(parts, input.below(10 + parts.attributes.size()));
    if (part == nullptr) return;
    switch (kind) {
    case 0:
    case 1:
        fuzz::edit(*part, input);
        break;
    case 2:
        *part = der(static_cast<unsigned char>(input.byte()), input.text(input.below(40)));
        break;
    case 3: {
        auto other = seed(input.below(4), input.below(512));
        if (const auto* const from = part_of(other, input.below(10 + other.attributes.size()))) *part = *from;
        break;
    }
    case 4:
        parts.attributes.push_back(made_attribute(input));
        break;
    case 5:
        if (!parts.attributes.empty()) {
            auto& attribute = parts.attributes[input.below(parts.attributes.size())];
            if ((input.byte() & 1) != 0)
                parts.attributes.push_back(attribute);
            else
                std::swap(attribute, parts.attributes.front());
        }
        break;
    case 6: {
        auto other = seed(identity, input.below(512));
        if (auto* const same = part_of(other, input.below(10))) *part = *same;
        break;
    }
    case 7:
        if (!part->empty()) {
            const auto held = part->size() < 2 ? std::string{} : part->substr(2);
            *part = (input.byte() & 1) != 0 ? ber_indefinite(static_cast<unsigned char>(part->front()), held)
                                            : part->substr(0, 1) + '\x81' + part->substr(1);
        }
        break;
    default:
        break;
    }
}

std::string message_from(Input& input, std::string& signed_body) {
    const auto identity = input.below(4);
    const auto bits = input.below(512);
    auto parts = seed(identity, bits);
    const bool indefinite = (input.byte() & 1) != 0;
    for (auto changes = input.below(6); changes > 0; --changes)
        change_parts(parts, identity, input, signed_body);
    std::string cms;
    try {
        cms = parts.assemble(indefinite);
    } catch (const std::runtime_error&) { // the part is no longer DER
        cms = parts.assemble(false);
    }
    for (auto changes = input.below(4); changes > 0 && !input.empty(); --changes) fuzz::edit(cms, input);
    return cms;
}

[[noreturn]] void broken(const char* what, const std::string& cms, const std::string& over) {
    std::cerr << "broken: " << what << "\nmessage " << base64_encode(cms) << "\nbody " << base64_encode(over)
              << '\n'
              << world().ca.certificate_pem();
    std::abort();
}

std::optional<std::string> signer_by_fast_path(const std::string& cms, const std::string& over) {
    const auto message = crypto::read_usual_signed_data(cms);
    if (!message) return std::nullopt;
    ++world().usual;
    const auto known = world().verified.find(message->certificates);
    if (known != world().verified.end()) {
        if (!known->second->signed_by_this(*message, over)) return std::nullopt;
        return known->second->identity()->der;
    }
    const auto certificate = crypto::certificate_from_der(message->certificates);
    if (!certificate || crypto::der_of(certificate.get()) != message->certificates) return std::nullopt;
    const VerifiedCertificate verified{certificate.get(), message->certificates, TimePoint::min(),
                                       TimePoint::max()};
    if (!verified.signed_by_this(*message, over)) return std::nullopt;
    return verified.identity()->der;
}

std::optional<std::string> signer_by_openssl(const std::string& cms, const std::string& over) {
    try {
        const crypto::CmsSignature signature{cms};
        signature.verify(over);
        return crypto::der_of(signature.signer());
    } catch (const Error& error) {
        if (error.code() != Errc::invalid) broken(error.what(), cms, over);
        return std::nullopt;
    }
}

std::optional<std::string> signer_by_verifier(const std::string& cms, const std::string& over) {
    try {
        return world().verifier->verify_signature(base64_encode(cms), over)->der;
    } catch (const Error& error) {
        if (error.code() != Errc::invalid) broken(error.what(), cms, over);
        return std::nullopt;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    Input input{bytes, size};
    std::string signed_body = body;
    std::string cms;
    try {
        cms = message_from(input, signed_body);
    } catch (const std::runtime_error&) { // nothing could be put together from it
        return 0;
    }
    const auto fast = signer_by_fast_path(cms, signed_body);
    const auto full = signer_by_openssl(cms, signed_body);
    ++world().runs;
    world().fast += fast ? 1U : 0U;
    world().full += full ? 1U : 0U;
    if (fast && !full) broken("the fast path accepts what OpenSSL refuses", cms, signed_body);
    if (fast && fast != full) broken("fast path and OpenSSL see different signers", cms, signed_body);

    const auto by_verifier = signer_by_verifier(cms, signed_body);
    const bool trusted = full && world().verified.contains(*full);
    if (trusted && by_verifier != full) broken("the verifier refuses a trusted signer", cms, signed_body);
    if (by_verifier && by_verifier != full)
        broken("the verifier accepts what OpenSSL refuses", cms, signed_body);
    if (by_verifier && !world().verified.contains(*by_verifier))
        broken("an unknown certificate", cms, signed_body);
    return 0;
}
