// Chain building and checking by OpenSSL, with our rules on time, key usage and strength on top.
#include "crypto/trust_store.hpp"

#include "crypto/certificate.hpp"
#include "nanomdm/error.hpp"

#include <algorithm>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace nanomdm::crypto {
namespace {

constexpr int longest_chain = 8;
/// OpenSSL's measure: RSA-1024 has 80 bits, and SHA-1 63 as digest of a signature (MD5: 39).
constexpr int least_key_bits = 80;
constexpr int least_digest_bits = 63;

struct Moment {
    TimePoint latest_not_before;
};

/// OpenSSL's verification asks here about every error it finds; 1 overrules it.
int overrule(int ok, X509_STORE_CTX* context) {
    if (ok == 1 || X509_STORE_CTX_get_error(context) != X509_V_ERR_CERT_NOT_YET_VALID) return ok;
    const auto& moment = *static_cast<const Moment*>(X509_STORE_CTX_get_app_data(context));
    if (not_before_of(X509_STORE_CTX_get_current_cert(context)) > moment.latest_not_before) return 0;
    X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
}

/// A renewed CA often keeps its name and not its key, and leaves need not name the key. OpenSSL takes the
/// first issuer whose name fits and never comes back, so only the one whose key fits may fit.
int is_issuer(X509_STORE_CTX*, X509* certificate, X509* issuer) {
    if (X509_check_issued(issuer, certificate) != X509_V_OK) return 0;
    const int fits = X509_verify(certificate, X509_get0_pubkey(issuer)) == 1 ? 1 : 0;
    if (fits == 0) forget_errors();
    return fits;
}

bool allows_client_authentication(X509* certificate) {
    // All bits are set where there is no such extension.
    return (X509_get_extended_key_usage(certificate) & (XKU_SSL_CLIENT | XKU_ANYEKU)) != 0;
}

bool is_strong_enough(X509* certificate) {
    const EVP_PKEY* const key = X509_get0_pubkey(certificate);
    return key != nullptr && EVP_PKEY_get_security_bits(key) >= least_key_bits;
}

bool has_strong_enough_signature(X509* certificate) {
    int digest_bits = 0;
    return X509_get_signature_info(certificate, nullptr, nullptr, &digest_bits, nullptr) == 1 &&
           digest_bits >= least_digest_bits;
}

} // namespace

TrustStore::TrustStore(const TrustOptions& trust)
    : anchors_{allocated(X509_STORE_new())}, intermediates_{allocated(sk_X509_new_null())}, skew_{
                                                                                                trust.skew} {
    const auto anchors = certificates_from_pem(trust.ca_pem, "CA certificates");
    if (anchors.empty()) throw Error{Errc::invalid, "CA certificates: no PEM certificate in there"};
    for (const auto& anchor : anchors) {
        if (X509_STORE_add_cert(anchors_.get(), anchor.get()) != 1)
            throw Error{Errc::invalid, "CA certificates: " + last_error()};
    }
    auto intermediates = certificates_from_pem(trust.intermediate_pem, "intermediate certificates");
    if (intermediates.empty() && !trust.intermediate_pem.empty())
        throw Error{Errc::invalid, "intermediate certificates: no PEM certificate in there"};
    for (auto& intermediate : intermediates) {
        if (sk_X509_push(intermediates_.get(), intermediate.get()) <= 0) throw std::bad_alloc{};
        static_cast<void>(intermediate.release());
    }
    X509_STORE_set_check_issued(anchors_.get(), is_issuer);
    X509_STORE_set_verify_cb(anchors_.get(), overrule);
    auto* const rules = X509_STORE_get0_param(anchors_.get());
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    X509_VERIFY_PARAM_set_depth(rules, longest_chain);
    X509_VERIFY_PARAM_set_auth_level(rules, 0); // level 1 refuses SHA-1; ours is checked in verify()
}

TimePoint TrustStore::verify(X509* certificate, TimePoint now) const {
    const StoreContextPtr context{allocated(X509_STORE_CTX_new())};
    if (X509_STORE_CTX_init(context.get(), anchors_.get(), certificate, intermediates_.get()) != 1)
        throw Error{Errc::internal, "cannot verify certificates: " + last_error()};
    Moment moment{now + skew_};
    X509_STORE_CTX_set_app_data(context.get(), &moment);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context.get()),
                               std::chrono::system_clock::to_time_t(now));
    if (X509_verify_cert(context.get()) != 1) {
        const int error = X509_STORE_CTX_get_error(context.get());
        forget_errors();
        throw Error{Errc::invalid,
                    std::string{"identity certificate: "} + X509_verify_cert_error_string(error)};
    }

    const auto* const chain = X509_STORE_CTX_get0_chain(context.get());
    const int length = sk_X509_num(chain);
    auto earliest = TimePoint::max();
    for (int i = 0; i < length; ++i) {
        X509* const link = sk_X509_value(chain, i);
        if (!allows_client_authentication(link))
            throw Error{Errc::invalid, "identity certificate: not meant for client authentication"};
        // How an anchor is signed does not matter: it is trusted as it is.
        if (!is_strong_enough(link) || (i + 1 < length && !has_strong_enough_signature(link)))
            throw Error{Errc::invalid, "identity certificate: key or signature too weak"};
        earliest = std::min(earliest, not_after_of(link));
    }
    forget_errors();
    return earliest;
}

} // namespace nanomdm::crypto
