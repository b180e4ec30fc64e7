// Keys and certificates with OpenSSL.
#include "support/simulator/identity.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdexcept>

namespace nanomdm::sim {
namespace {

[[noreturn]] void fail(const char* what) {
    const unsigned long code = ERR_get_error();
    char reason[160] = "";
    if (code != 0) ERR_error_string_n(code, reason, sizeof reason);
    ERR_clear_error();
    throw std::runtime_error{std::string{what} + " failed " + reason};
}

template <class T> T* checked(T* pointer, const char* what) {
    if (pointer == nullptr) fail(what);
    return pointer;
}
void checked(int result, const char* what) {
    if (result != 1) fail(what);
}

using Bio = std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free(bio); })>;

Bio memory_bio() { return Bio{checked(BIO_new(BIO_s_mem()), "BIO_new")}; }
Bio reading_bio(std::string_view text) {
    return Bio{checked(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), "BIO_new_mem_buf")};
}
std::string content(const Bio& bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension{
        checked(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), "X509V3_EXT_conf_nid"),
        &X509_EXTENSION_free};
    checked(X509_add_ext(certificate, extension.get(), -1), "X509_add_ext");
}

void add_name(X509_NAME* name, int nid, const std::string& value) {
    checked(X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(value.data()),
                                       static_cast<int>(value.size()), -1, 0),
            "X509_NAME_add_entry");
}

void set_random_serial(X509* certificate) {
    unsigned char bytes[16];
    checked(RAND_bytes(bytes, sizeof bytes), "RAND_bytes");
    bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7F) | 0x40); // positive, never short
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> number{BN_bin2bn(bytes, sizeof bytes, nullptr),
                                                             &BN_free};
    checked(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)), "serial number");
}

void add_usage(X509* certificate, X509* issuer, CertificateRequest::Usage usage) {
    using Usage = CertificateRequest::Usage;
    const bool authority = usage == Usage::authority;
    add_extension(certificate, issuer, NID_basic_constraints,
                  authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (authority) add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    if (usage == Usage::client) add_extension(certificate, issuer, NID_ext_key_usage, "clientAuth");
    if (usage == Usage::server) add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth");
    add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
    if (issuer != certificate) add_extension(certificate, issuer, NID_authority_key_identifier, "keyid");
}

/// @param issuer null: the certificate signs itself.
Identity make_certificate(const CertificateRequest& request, KeyHandle key, const Identity* issuer) {
    CertificateHandle handle{checked(X509_new(), "X509_new"), &X509_free};
    X509* certificate = handle.get();
    checked(X509_set_version(certificate, X509_VERSION_3), "X509_set_version");
    set_random_serial(certificate);
    X509_gmtime_adj(X509_getm_notBefore(certificate), request.starts_in.count());
    X509_gmtime_adj(X509_getm_notAfter(certificate), request.ends_in.count());
    checked(X509_set_pubkey(certificate, key.get()), "X509_set_pubkey");
    X509_NAME* subject = X509_get_subject_name(certificate);
    if (!request.user_id.empty()) add_name(subject, NID_userId, request.user_id);
    add_name(subject, NID_organizationName, "nanomdm simulator");
    add_name(subject, NID_commonName, request.common_name);
    X509* issuing = issuer == nullptr ? certificate : issuer->certificate();
    checked(X509_set_issuer_name(certificate, X509_get_subject_name(issuing)), "X509_set_issuer_name");
    add_usage(certificate, issuing, request.usage);
    if (!request.alternative_names.empty())
        add_extension(certificate, issuing, NID_subject_alt_name, request.alternative_names);
    EVP_PKEY* signing = issuer == nullptr ? key.get() : issuer->key();
    if (X509_sign(certificate, signing, EVP_sha256()) == 0) fail("X509_sign");
    return Identity{std::move(handle), std::move(key)};
}

} // namespace

KeyHandle generate_key(KeyKind kind) {
    EVP_PKEY* key = kind == KeyKind::rsa_2048 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    return KeyHandle{checked(key, "generating a key"), &EVP_PKEY_free};
}

Identity::Identity(CertificateHandle certificate, KeyHandle key)
    : certificate_{std::move(certificate)}, key_{std::move(key)} {}

Identity Identity::from_pem(std::string_view certificate_pem, std::string_view key_pem) {
    const auto bio = reading_bio(key_pem);
    return from_pem(
        certificate_pem,
        KeyHandle{checked(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), "reading a key"),
                  &EVP_PKEY_free});
}

Identity Identity::from_pem(std::string_view certificate_pem, KeyHandle key) {
    const auto bio = reading_bio(certificate_pem);
    CertificateHandle certificate{
        checked(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), "reading a certificate"),
        &X509_free};
    return Identity{std::move(certificate), std::move(key)};
}

std::string Identity::certificate_pem() const {
    const auto bio = memory_bio();
    checked(PEM_write_bio_X509(bio.get(), certificate_.get()), "PEM_write_bio_X509");
    return content(bio);
}

std::string Identity::certificate_der() const {
    const auto bio = memory_bio();
    checked(i2d_X509_bio(bio.get(), certificate_.get()), "i2d_X509_bio");
    return content(bio);
}

std::string Identity::key_pem() const {
    const auto bio = memory_bio();
    checked(PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr),
            "PEM_write_bio_PrivateKey");
    return content(bio);
}

Authority Authority::create(std::string_view name, KeyKind kind) {
    CertificateRequest request;
    request.common_name = name;
    request.usage = CertificateRequest::Usage::authority;
    request.ends_in = std::chrono::hours{24 * 3650};
    return Authority{make_certificate(request, generate_key(kind), nullptr)};
}

Identity Authority::issue(const CertificateRequest& request, KeyKind kind) const {
    return issue(request, generate_key(kind));
}

Identity Authority::issue(const CertificateRequest& request, KeyHandle key) const {
    return make_certificate(request, std::move(key), &identity_);
}

Identity self_signed(const CertificateRequest& request, KeyKind kind) {
    return make_certificate(request, generate_key(kind), nullptr);
}

Identity make_push_certificate(std::string_view topic) {
    if (!topic.starts_with("com.apple.mgmt."))
        throw std::runtime_error{"a push topic starts with com.apple.mgmt."};
    CertificateRequest request;
    request.user_id = topic;
    request.common_name = "APSP:simulated";
    return self_signed(request);
}

std::string random_uuid() {
    unsigned char bytes[16];
    checked(RAND_bytes(bytes, sizeof bytes), "RAND_bytes");
    constexpr char digits[] = "0123456789ABCDEF";
    std::string text;
    for (std::size_t i = 0; i < sizeof bytes; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += digits[bytes[i] >> 4];
        text += digits[bytes[i] & 15];
    }
    return text;
}

} // namespace nanomdm::sim
