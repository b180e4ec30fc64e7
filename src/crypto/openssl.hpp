// OpenSSL's objects, owned, and its error queue as text. Internal to crypto/.
#pragma once

#include <memory>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string>
#include <string_view>

namespace nanomdm::crypto {

template <auto Free> struct Freer {
    template <class T> void operator()(T* object) const noexcept { Free(object); }
};
void free_certificates(STACK_OF(X509) * certificates);

using BioPtr = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, Freer<X509_free>>;
using CertificatesPtr = std::unique_ptr<STACK_OF(X509), Freer<free_certificates>>;
using CmsPtr = std::unique_ptr<CMS_ContentInfo, Freer<CMS_ContentInfo_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, Freer<X509_STORE_CTX_free>>;

inline const unsigned char* data_of(std::string_view bytes) noexcept {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline unsigned char* data_of(std::string& bytes) noexcept {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

/// Throws std::bad_alloc for a null from an allocating call, whose only failure is memory.
template <class T> T* allocated(T* object) {
    if (object == nullptr) throw std::bad_alloc{};
    return object;
}

/// Why the last call on this thread failed, for an exception's text; empties the error queue.
[[nodiscard]] std::string last_error();
/// Errors that were expected must not be found by the next failure on this thread.
void forget_errors() noexcept;

} // namespace nanomdm::crypto
