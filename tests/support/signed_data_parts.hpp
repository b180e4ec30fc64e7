// A CMS SignedData taken to pieces, to be changed, signed again and put together in ways no encoder would.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::test {

/// One DER element. @param tag the whole first byte.
[[nodiscard]] std::string der(unsigned char tag, std::string_view content);
/// One BER element of indefinite length.
[[nodiscard]] std::string ber_indefinite(unsigned char tag, std::string_view content);
/// The elements in `content`, each with its header. @throws std::runtime_error unless they are DER.
[[nodiscard]] std::vector<std::string> der_children(std::string_view content);
/// What an element holds. @throws std::runtime_error
[[nodiscard]] std::string der_content(std::string_view element);

/// A SignedData of one signer; every member is a whole encoded element, empty where absent.
struct SignedDataParts {
    std::string version;
    std::string digest_algorithms;
    std::string encapsulated_content;
    std::string certificates;
    std::string signer_version;
    std::string signer_identifier;
    std::string digest_algorithm;
    std::vector<std::string> attributes; ///< each a SEQUENCE; none: no signedAttrs
    std::string signature_algorithm;
    std::string signature;
    std::string unsigned_attributes;

    [[nodiscard]] static SignedDataParts of(std::string_view cms);
    /// @param indefinite outer lengths as Apple's encoder writes them.
    [[nodiscard]] std::string assemble(bool indefinite = false) const;
    /// Signs `attributes` as they are now, or without any the body.
    void sign_again(const std::string& private_key_pem, std::string_view body, const char* digest = "SHA256");
};

} // namespace nanomdm::test
