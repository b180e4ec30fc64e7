// How a device proves who it is: the signature over a body, or what a TLS proxy would pass on.
#include "support/simulator/identity.hpp"
#include "support/simulator/plist_dict.hpp"

#include <memory>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <stdexcept>

namespace nanomdm::sim {

std::string mdm_signature(const Identity& signer, std::string_view body) {
    const std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free(bio); })> input{
        BIO_new_mem_buf(body.data(), static_cast<int>(body.size()))};
    const std::unique_ptr<CMS_ContentInfo, decltype([](CMS_ContentInfo* cms) { CMS_ContentInfo_free(cms); })>
        cms{CMS_sign(signer.certificate(), signer.key(), nullptr, input.get(),
                     CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP)};
    if (!cms) throw std::runtime_error{"CMS_sign failed"};
    unsigned char* der = nullptr;
    const int size = i2d_CMS_ContentInfo(cms.get(), &der);
    if (size <= 0) throw std::runtime_error{"i2d_CMS_ContentInfo failed"};
    auto encoded = base64({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
    OPENSSL_free(der);
    return encoded;
}

std::string rfc9440_header(const Identity& identity) {
    return ":" + base64(identity.certificate_der()) + ":";
}

std::string escaped_pem_header(const Identity& identity) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string escaped;
    for (const char c : identity.certificate_pem()) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
        if (plain)
            escaped += c;
        else
            (((escaped += '%') += digits[byte >> 4]) += digits[byte & 15]);
    }
    return escaped;
}

} // namespace nanomdm::sim
