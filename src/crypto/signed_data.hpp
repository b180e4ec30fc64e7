// The usual shape of an Mdm-Signature, taken apart without OpenSSL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace nanomdm::crypto {

/// A CMS SignedData (RFC 5652) of one signer, detached, over plain data. The views point into the message.
struct UsualSignedData {
    std::string_view certificates; ///< the content of `certificates`: one DER certificate or several

    /// Who signed: either issuer and serial number, or a subject key identifier.
    std::string_view issuer;         ///< Name, whole element
    std::string_view serial_number;  ///< INTEGER, whole element
    std::string_view key_identifier; ///< content

    std::size_t digest = 0; ///< index in cms_digests
    enum class Scheme : std::uint8_t { rsa, ecdsa } scheme = Scheme::rsa;
    /// The content of signedAttrs' [0], from its length on: hashed behind the tag of a SET. Empty: none.
    std::string_view attributes_after_tag;
    std::string_view message_digest; ///< of the attributes; empty without them
    std::string_view signature;
};

/// Reads what devices send: DER, or outside the signer's part the indefinite lengths of Apple's encoder; one
/// digest algorithm from SHA-1 to SHA-512 and its signature algorithm; the attributes contentType and
/// messageDigest and a few harmless ones; nothing unsigned.
/// @return nullopt for anything else, which is not wrong for that: OpenSSL decides.
[[nodiscard]] std::optional<UsualSignedData> read_usual_signed_data(std::string_view cms);

} // namespace nanomdm::crypto
