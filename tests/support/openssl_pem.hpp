// OpenSSL objects of the test support, owned; and PEM text in and out. Only for .cpp files.
#pragma once

#include <memory>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdexcept>
#include <string>
#include <string_view>

namespace nanomdm::test {

template <auto Free> struct Freer {
    template <class T> void operator()(T* object) const { Free(object); }
};
using BioPtr = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Freer<X509_free>>;

/// Every call here must work: a failure is a broken test.
template <class T> T* must(T* object, const char* what) {
    if (object != nullptr) return object;
    ERR_print_errors_fp(stderr);
    throw std::runtime_error{std::string{"test support: "} + what};
}
inline void must(bool ok, const char* what) {
    if (ok) return;
    ERR_print_errors_fp(stderr);
    throw std::runtime_error{std::string{"test support: "} + what};
}

inline BioPtr memory_of(std::string_view bytes) {
    return BioPtr{must(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())), "memory")};
}
inline BioPtr empty_memory() { return BioPtr{must(BIO_new(BIO_s_mem()), "memory")}; }
inline std::string text_of(BIO* bio) {
    char* start = nullptr;
    const long size = BIO_get_mem_data(bio, &start);
    return {start, static_cast<std::size_t>(size)};
}

inline KeyPtr key_from_pem(const std::string& pem) {
    return KeyPtr{
        must(PEM_read_bio_PrivateKey(memory_of(pem).get(), nullptr, nullptr, nullptr), "read a key")};
}
inline std::string key_to_pem(EVP_PKEY* key) {
    const auto out = empty_memory();
    must(PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
         "write a key");
    return text_of(out.get());
}
inline CertificatePtr certificate_from_pem(const std::string& pem) {
    return CertificatePtr{
        must(PEM_read_bio_X509(memory_of(pem).get(), nullptr, nullptr, nullptr), "read a certificate")};
}
inline std::string certificate_to_pem(X509* certificate) {
    const auto out = empty_memory();
    must(PEM_write_bio_X509(out.get(), certificate) == 1, "write a certificate");
    return text_of(out.get());
}

} // namespace nanomdm::test
