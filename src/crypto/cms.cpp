// CMS_verify with our limits on who and what may sign.
#include "crypto/cms.hpp"

#include "crypto/cms_algorithm.hpp"
#include "nanomdm/error.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <openssl/objects.h>

namespace nanomdm::crypto {
namespace {

BioPtr view_of(std::string_view bytes) {
    return BioPtr{allocated(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())))};
}

bool is_accepted_digest(const X509_ALGOR* algorithm) {
    const ASN1_OBJECT* oid = nullptr;
    X509_ALGOR_get0(&oid, nullptr, nullptr, algorithm);
    return digest_with_oid({reinterpret_cast<const char*>(OBJ_get0_data(oid)), OBJ_length(oid)}).has_value();
}

CMS_SignerInfo* only_signer(CMS_ContentInfo* cms) {
    auto* const signers = CMS_get0_SignerInfos(cms);
    const int count = signers == nullptr ? 0 : sk_CMS_SignerInfo_num(signers);
    if (count != 1)
        throw Error{Errc::invalid,
                    "signature: " + std::to_string(std::max(count, 0)) + " signers instead of one"};
    return sk_CMS_SignerInfo_value(signers, 0);
}

} // namespace

CertificatePtr verify_cms(std::string_view cms, std::string_view body) {
    if (cms.size() > static_cast<std::size_t>(INT_MAX) || body.size() > static_cast<std::size_t>(INT_MAX))
        throw Error{Errc::invalid, "signature: too large"};
    const unsigned char* at = data_of(cms);
    const CmsPtr message{d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(cms.size()))};
    if (!message) throw Error{Errc::invalid, "signature: not CMS: " + last_error()};
    if (at != data_of(cms) + cms.size()) throw Error{Errc::invalid, "signature: bytes after the CMS"};
    if (OBJ_obj2nid(CMS_get0_type(message.get())) != NID_pkcs7_signed)
        throw Error{Errc::invalid, "signature: not a SignedData"};

    CMS_SignerInfo* const signer = only_signer(message.get());
    X509_ALGOR* digest = nullptr;
    CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &digest, nullptr);
    if (!is_accepted_digest(digest)) throw Error{Errc::invalid, "signature: digest not accepted"};

    const auto content = view_of(body);
    if (CMS_verify(message.get(), nullptr, nullptr, content.get(), nullptr,
                   CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1)
        throw Error{Errc::invalid, "signature does not verify: " + last_error()};
    forget_errors();

    X509* certificate = nullptr;
    CMS_SignerInfo_get0_algs(signer, nullptr, &certificate, nullptr, nullptr);
    if (certificate == nullptr || X509_up_ref(certificate) != 1)
        throw Error{Errc::internal, "signature verified without a certificate"};
    return CertificatePtr{certificate};
}

} // namespace nanomdm::crypto
