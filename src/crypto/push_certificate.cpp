// Takes apart the PEM of /v1/pushcert.
#include "crypto/push_certificate.hpp"

#include "crypto/certificate.hpp"
#include "crypto/pem.hpp"
#include "nanomdm/error.hpp"

#include <openssl/objects.h>
#include <optional>

namespace nanomdm {
namespace {

using namespace crypto;

constexpr std::string_view topic_prefix = "com.apple.mgmt";

[[noreturn]] void refuse(const std::string& why) { throw Error{Errc::invalid, "push certificate: " + why}; }

bool is_private_key(std::string_view label) {
    return label == "PRIVATE KEY" || label == "RSA PRIVATE KEY" || label == "EC PRIVATE KEY";
}

struct Uploaded {
    std::string certificate_der;
    std::string key_der;
    std::string key_label;
};

Uploaded read_upload(std::string_view pem) {
    Uploaded upload;
    for (auto& block : read_pem(pem)) {
        if (block.encrypted) refuse("the private key is encrypted; decrypt it first");
        if (block.label != "CERTIFICATE" && !is_private_key(block.label))
            refuse("cannot use a PEM block of type " + std::string{block.label});
        if (!block.der || block.der->empty())
            refuse("a " + std::string{block.label} + " block is not base64");
        if (block.label == "CERTIFICATE") {
            upload.certificate_der = *std::move(block.der);
        } else {
            upload.key_der = *std::move(block.der);
            upload.key_label = block.label;
        }
    }
    if (upload.certificate_der.empty()) refuse("no certificate in the PEM");
    if (upload.key_der.empty()) refuse("no private key in the PEM");
    return upload;
}

KeyPtr private_key_from_der(std::string_view der) {
    const unsigned char* at = data_of(der);
    KeyPtr key{d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size()))};
    forget_errors();
    return key;
}

/// The first UID of the subject that can be a topic.
std::optional<std::string> topic_of(const X509* certificate) {
    const X509_NAME* const subject = X509_get_subject_name(certificate);
    for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_userId, at)) >= 0;) {
        unsigned char* text = nullptr;
        const int size =
            ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
        if (size < 0) continue;
        std::string user_id{reinterpret_cast<char*>(text), static_cast<std::size_t>(size)};
        OPENSSL_free(text);
        if (user_id.starts_with(topic_prefix)) return user_id;
    }
    forget_errors();
    return std::nullopt;
}

} // namespace

ParsedPushCertificate parse_push_certificate(std::string_view pem) {
    const auto upload = read_upload(pem);
    const auto certificate = certificate_from_der(upload.certificate_der);
    if (!certificate) refuse("the certificate cannot be parsed");
    const auto key = private_key_from_der(upload.key_der);
    if (!key) refuse("the private key cannot be parsed");
    if (X509_check_private_key(certificate.get(), key.get()) != 1) {
        forget_errors();
        refuse("the private key does not belong to the certificate");
    }
    auto topic = topic_of(certificate.get());
    if (!topic) refuse("the subject has no UID that starts with com.apple.mgmt; not an MDM push certificate");
    return {{Topic{*std::move(topic)}, write_pem("CERTIFICATE", upload.certificate_der),
             write_pem(upload.key_label, upload.key_der)},
            not_after_of(certificate.get())};
}

TimePoint certificate_not_after(std::string_view pem) {
    const auto certificates = certificates_from_pem(pem, "PEM text");
    if (certificates.empty()) throw Error{Errc::invalid, "no certificate in the PEM text"};
    return not_after_of(certificates.front().get());
}

} // namespace nanomdm
