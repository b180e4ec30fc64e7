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

CmsSignature::CmsSignature(std::string_view cms) {
    if (cms.size() > static_cast<std::size_t>(INT_MAX)) throw Error{Errc::invalid, "signature: too large"};
    const unsigned char* at = data_of(cms);
    message_.reset(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(cms.size())));
    if (!message_) throw Error{Errc::invalid, "signature: not CMS: " + last_error()};
    if (at != data_of(cms) + cms.size()) throw Error{Errc::invalid, "signature: bytes after the CMS"};
    if (OBJ_obj2nid(CMS_get0_type(message_.get())) != NID_pkcs7_signed)
        throw Error{Errc::invalid, "signature: not a SignedData"};

    CMS_SignerInfo* const signer = only_signer(message_.get());
    CMS_set1_signers_certs(message_.get(), nullptr, 0);
    X509_ALGOR* digest = nullptr;
    CMS_SignerInfo_get0_algs(signer, nullptr, &certificate_, &digest, nullptr);
    forget_errors();
    if (certificate_ == nullptr) throw Error{Errc::invalid, "signature: without the signer's certificate"};
    if (!is_accepted_digest(digest)) throw Error{Errc::invalid, "signature: digest not accepted"};
}

void CmsSignature::verify(std::string_view body) const {
    if (body.size() > static_cast<std::size_t>(INT_MAX))
        throw Error{Errc::invalid, "signature: body too large"};
    const auto content = view_of(body);
    if (CMS_verify(message_.get(), nullptr, nullptr, content.get(), nullptr,
                   CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1)
        throw Error{Errc::invalid, "signature does not verify: " + last_error()};
    forget_errors();
}

} // namespace nanomdm::crypto
