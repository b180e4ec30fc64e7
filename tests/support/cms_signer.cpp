// Signs with OpenSSL's CMS, then bends the algorithm identifiers, which the signature does not cover.
#include "support/cms_signer.hpp"

#include "support/openssl_pem.hpp"

#include <openssl/cms.h>
#include <openssl/objects.h>

namespace nanomdm::test {
namespace {

using CmsPtr = std::unique_ptr<CMS_ContentInfo, Freer<CMS_ContentInfo_free>>;

void bend_algorithms(CMS_SignerInfo* signer, const CmsShape& shape) {
    EVP_PKEY* key = nullptr;
    X509_ALGOR* digest = nullptr;
    X509_ALGOR* signature = nullptr;
    CMS_SignerInfo_get0_algs(signer, &key, nullptr, &digest, &signature);
    const int parameters = shape.absent_parameters ? V_ASN1_UNDEF : V_ASN1_NULL;
    if (shape.absent_parameters)
        X509_ALGOR_set0(digest, OBJ_nid2obj(OBJ_obj2nid(digest->algorithm)), V_ASN1_UNDEF, nullptr);
    if (!EVP_PKEY_is_a(key, "RSA")) return;
    int algorithm = NID_rsaEncryption;
    if (shape.names_combined_algorithm)
        must(OBJ_find_sigid_by_algs(&algorithm, OBJ_obj2nid(digest->algorithm), NID_rsaEncryption) == 1,
             "algorithm");
    X509_ALGOR_set0(signature, OBJ_nid2obj(algorithm), parameters, nullptr);
}

} // namespace

std::string sign_cms(const std::vector<CmsSigner>& signers, std::string_view body, const CmsShape& shape) {
    const unsigned int flags = CMS_BINARY | CMS_PARTIAL | (shape.attached ? 0U : CMS_DETACHED);
    const CmsPtr cms{must(CMS_sign(nullptr, nullptr, nullptr, nullptr, flags), "CMS")};
    const unsigned int signer_flags = flags | CMS_NOSMIMECAP | (shape.with_attributes ? 0U : CMS_NOATTR) |
                                      (shape.by_key_identifier ? CMS_USE_KEYID : 0U) |
                                      (shape.with_certificate ? 0U : CMS_NOCERTS);
    const EVP_MD* const digest = must(EVP_get_digestbyname(shape.digest.c_str()), "digest");
    for (const auto& signer : signers) {
        const auto certificate = certificate_from_pem(signer.certificate_pem);
        const auto key = key_from_pem(signer.private_key_pem);
        must(CMS_add1_signer(cms.get(), certificate.get(), key.get(), digest, signer_flags), "signer");
    }
    for (const auto& pem : shape.extra_certificates_pem)
        must(CMS_add1_cert(cms.get(), certificate_from_pem(pem).get()) == 1, "certificate");
    if (!signers.empty()) must(CMS_final(cms.get(), memory_of(body).get(), nullptr, flags) == 1, "sign");

    auto* const infos = CMS_get0_SignerInfos(cms.get());
    for (int i = 0; i < sk_CMS_SignerInfo_num(infos); ++i)
        bend_algorithms(sk_CMS_SignerInfo_value(infos, i), shape);
    const auto out = empty_memory();
    must(i2d_CMS_bio(out.get(), cms.get()) == 1, "encode");
    return text_of(out.get());
}

std::string sign_cms(const std::string& certificate_pem, const std::string& private_key_pem,
                     std::string_view body, const CmsShape& shape) {
    return sign_cms(std::vector<CmsSigner>{{certificate_pem, private_key_pem}}, body, shape);
}

} // namespace nanomdm::test
