// Makes the signature a device sends in Mdm-Signature.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::test {

/// The shapes of SignedData that clients are known to send.
struct CmsShape {
    std::string digest = "SHA256";         ///< SHA1, SHA224, SHA256, SHA384, SHA512
    bool with_attributes = true;           ///< contentType, messageDigest, signingTime
    bool by_key_identifier = false;        ///< subjectKeyIdentifier instead of issuer and serial number
    bool with_certificate = true;          ///< false: the signer's certificate is left out
    bool names_combined_algorithm = false; ///< sha256WithRSAEncryption instead of rsaEncryption
    bool absent_parameters = false;        ///< algorithm parameters left out instead of NULL (mdmb)
    bool attached = false;                 ///< the body inside; devices never do
    std::vector<std::string> extra_certificates_pem = {}; ///< besides the signer's
};

/// A detached CMS SignedData over `body`. @return DER. @throws std::runtime_error
[[nodiscard]] std::string sign_cms(const std::string& certificate_pem, const std::string& private_key_pem,
                                   std::string_view body, const CmsShape& shape = {});

/// The same by several signers; none makes a SignedData that nobody signed.
struct CmsSigner {
    std::string certificate_pem;
    std::string private_key_pem;
};
[[nodiscard]] std::string sign_cms(const std::vector<CmsSigner>& signers, std::string_view body,
                                   const CmsShape& shape = {});

/// The short form: what goes base64-encoded into the header.
[[nodiscard]] inline std::string sign_cms(const std::string& certificate_pem,
                                          const std::string& private_key_pem, std::string_view body,
                                          const std::string& digest, bool with_attributes) {
    return sign_cms(certificate_pem, private_key_pem, body,
                    CmsShape{.digest = digest, .with_attributes = with_attributes});
}

} // namespace nanomdm::test
