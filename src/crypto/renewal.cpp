// Compares who two certificates are for.
#include "crypto/renewal.hpp"

#include "crypto/certificate.hpp"
#include "crypto/pem.hpp"

#include <algorithm>
#include <openssl/x509v3.h>
#include <optional>

namespace nanomdm {
namespace {

using namespace crypto;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES_free>>;

/// Case counts, the ASN.1 string type does not: an updated CA may turn PrintableString into UTF8String.
std::string subject_of(const X509* certificate) {
    const BioPtr out{allocated(BIO_new(BIO_s_mem()))};
    X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    char* start = nullptr;
    const long size = BIO_get_mem_data(out.get(), &start);
    return size > 0 ? std::string{start, static_cast<std::size_t>(size)} : std::string{};
}

/// Encoded and sorted: their order means nothing. nullopt when they cannot be read.
std::optional<std::vector<std::string>> alternative_names_of(const X509* certificate) {
    int found = 0;
    const NamesPtr names{
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, &found, nullptr))};
    std::vector<std::string> encoded;
    if (!names && found == -1) return encoded; // no such extension
    if (!names) return std::nullopt;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
        std::string der(static_cast<std::size_t>(std::max(0, i2d_GENERAL_NAME(name, nullptr))), '\0');
        unsigned char* at = data_of(der);
        i2d_GENERAL_NAME(name, &at);
        encoded.push_back(std::move(der));
    }
    std::sort(encoded.begin(), encoded.end());
    return encoded;
}

} // namespace

bool is_renewal_of(const IdentityCertificate& renewed, const std::string& previous_pem) {
    const auto blocks = read_pem(previous_pem);
    if (blocks.empty() || blocks.front().label != "CERTIFICATE" || !blocks.front().der) return false;
    const auto previous = certificate_from_der(*blocks.front().der);
    const auto next = certificate_from_der(renewed.der);
    if (!previous || !next || not_before_of(next.get()) <= not_before_of(previous.get())) return false;

    const auto subject = subject_of(next.get());
    const auto names = alternative_names_of(next.get());
    const bool says_who = names && (!subject.empty() || !names->empty());
    const bool same = subject == subject_of(previous.get()) && names == alternative_names_of(previous.get());
    forget_errors();
    return says_who && same;
}

} // namespace nanomdm
