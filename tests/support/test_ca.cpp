// Issues certificates with OpenSSL.
#include "support/test_ca.hpp"

#include "support/openssl_pem.hpp"

#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace nanomdm::test {
namespace {

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>> extension{
        must(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), value.c_str())};
    must(X509_add_ext(certificate, extension.get(), -1) == 1, "add an extension");
}

void add_name(X509_NAME* name, int nid, const std::string& value) {
    if (value.empty()) return;
    must(X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), -1, 0) == 1,
         "add a name");
}

std::string alternative_names(const CertificateRequest& request) {
    std::string names;
    const auto add = [&names](const char* kind, const std::string& name) {
        if (!names.empty()) names += ',';
        names += kind + name;
    };
    for (const auto& name : request.dns_names) add("DNS:", name);
    for (const auto& uri : request.uris) add("URI:", uri);
    for (const auto& address : request.ip_addresses) add("IP:", address);
    return names;
}

/// Signed by `issuer`, or by itself when that is null.
Identity make_certificate(const CertificateRequest& request, const Identity* issuer) {
    const auto key = key_from_pem(request.private_key_pem.empty() ? make_private_key(request.key_type)
                                                                  : request.private_key_pem);
    const CertificatePtr certificate{must(X509_new(), "certificate")};
    X509* const x509 = certificate.get();
    const auto issuer_certificate = issuer ? certificate_from_pem(issuer->certificate_pem) : nullptr;
    X509* const issuer_x509 = issuer ? issuer_certificate.get() : x509;

    X509_set_version(x509, X509_VERSION_3);
    std::uint64_t serial = 0;
    must(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "serial number");
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial >> 1);
    using std::chrono::system_clock;
    ASN1_TIME_set(X509_getm_notBefore(x509), system_clock::to_time_t(request.not_before));
    ASN1_TIME_set(X509_getm_notAfter(x509), system_clock::to_time_t(request.not_after));
    if (!request.not_after_text.empty())
        must(ASN1_TIME_set_string(X509_getm_notAfter(x509), request.not_after_text.c_str()) == 1, "time");
    add_name(X509_get_subject_name(x509), NID_userId, request.user_id);
    add_name(X509_get_subject_name(x509), NID_commonName, request.common_name);
    X509_set_issuer_name(x509, X509_get_subject_name(issuer_x509));
    X509_set_pubkey(x509, key.get());

    add_extension(x509, issuer_x509, NID_basic_constraints, request.is_ca ? "critical,CA:TRUE" : "CA:FALSE");
    add_extension(x509, issuer_x509, NID_subject_key_identifier, "hash");
    if (request.extended_key_usage)
        add_extension(x509, issuer_x509, NID_ext_key_usage, *request.extended_key_usage);
    if (request.key_usage) add_extension(x509, issuer_x509, NID_key_usage, *request.key_usage);
    if (const auto names = alternative_names(request); !names.empty())
        add_extension(x509, issuer_x509, NID_subject_alt_name, names);

    const auto issuer_key = issuer ? key_from_pem(issuer->private_key_pem) : nullptr;
    must(X509_sign(x509, issuer ? issuer_key.get() : key.get(),
                   EVP_get_digestbyname(request.digest.c_str())) > 0,
         "sign a certificate");
    return {certificate_to_pem(x509), key_to_pem(key.get())};
}

} // namespace

std::string make_private_key(KeyType type) {
    KeyPtr key;
    switch (type) {
    case KeyType::ec_p256:
        key.reset(EVP_EC_gen("P-256"));
        break;
    case KeyType::ec_p384:
        key.reset(EVP_EC_gen("P-384"));
        break;
    case KeyType::rsa_512:
        key.reset(EVP_RSA_gen(512));
        break;
    case KeyType::rsa_1024:
        key.reset(EVP_RSA_gen(1024));
        break;
    case KeyType::rsa_2048:
        key.reset(EVP_RSA_gen(2048));
        break;
    }
    must(key.get(), "make a key");
    return key_to_pem(key.get());
}

std::string Identity::certificate_der() const {
    const auto certificate = certificate_from_pem(certificate_pem);
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate.get(), &der);
    must(size > 0, "encode a certificate");
    std::string out{reinterpret_cast<char*>(der), static_cast<std::size_t>(size)};
    OPENSSL_free(der);
    return out;
}

TestCa TestCa::make_root(const std::string& common_name, KeyType key_type) {
    CertificateRequest request;
    request.common_name = common_name;
    request.key_type = key_type;
    request.extended_key_usage.reset();
    return make_root(std::move(request));
}

TestCa TestCa::make_root(CertificateRequest request) {
    request.is_ca = true;
    return TestCa{make_certificate(request, nullptr)};
}

TestCa TestCa::issue_ca(const std::string& common_name) const {
    CertificateRequest request;
    request.common_name = common_name;
    request.extended_key_usage.reset();
    return issue_ca(std::move(request));
}

TestCa TestCa::issue_ca(CertificateRequest request) const {
    request.is_ca = true;
    return TestCa{make_certificate(request, &identity_)};
}

Identity TestCa::issue(const CertificateRequest& request) const {
    return make_certificate(request, &identity_);
}

} // namespace nanomdm::test
