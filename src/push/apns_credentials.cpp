// OpenSSL as a TLS client with a push certificate.
#include "push/apns_credentials.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace nanomdm::push {
namespace {

namespace ssl = boost::asio::ssl;

/// What the server's alert says about our certificate (RFC 8446 section 6.2); nullptr: another matter.
const char* refused_certificate(int reason) {
    switch (reason) {
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        return "certificate expired";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        return "certificate revoked";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        return "certificate unknown";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        return "bad certificate";
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        return "unsupported certificate";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        return "certificate of an unknown CA";
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
        return "access denied";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return "certificate required";
    default:
        return nullptr;
    }
}

} // namespace

std::shared_ptr<ssl::context> make_tls_context(const PushCertificate& certificate,
                                               const std::string& ca_file) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    SSL_CTX* const native = context->native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    static constexpr unsigned char alpn[] = {2, 'h', '2'};
    if (SSL_CTX_set_alpn_protos(native, alpn, sizeof alpn) != 0) throw Error{Errc::internal, "ALPN not set"};
    context->set_verify_mode(ssl::verify_peer);

    // Without this OpenSSL would ask for an encrypted key's passphrase on the terminal.
    context->set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string{}; });

    boost::system::error_code failure;
    if (ca_file.empty())
        context->set_default_verify_paths(failure);
    else
        context->load_verify_file(ca_file, failure);
    if (failure)
        throw Error{Errc::not_configured, "the roots to trust for APNs cannot be read from " +
                                              (ca_file.empty() ? std::string{"the system"} : ca_file) + ": " +
                                              failure.message()};

    const auto& pem = certificate.certificate_pem;
    context->use_certificate_chain(boost::asio::buffer(pem), failure);
    if (!failure)
        context->use_private_key(boost::asio::buffer(certificate.private_key_pem), ssl::context::pem,
                                 failure);
    if (failure)
        throw Error{Errc::invalid, "the push certificate or its key cannot be used: " + failure.message()};
    return context;
}

void expect_server(SSL* tls, const std::string& host) {
    boost::system::error_code not_an_address;
    boost::asio::ip::make_address(host, not_an_address);
    X509_VERIFY_PARAM* const rules = SSL_get0_param(tls);
    int done = 0;
    if (not_an_address) {
        X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        done = X509_VERIFY_PARAM_set1_host(rules, host.c_str(), host.size());
        if (done == 1) done = static_cast<int>(SSL_set_tlsext_host_name(tls, host.c_str()));
    } else {
        done = X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str());
    }
    if (done != 1) throw Error{Errc::internal, "the server's name cannot be checked: " + host};
}

bool speaks_http2(const SSL* tls) {
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(tls, &chosen, &size);
    return std::string_view{reinterpret_cast<const char*>(chosen), size} == "h2";
}

ConnectFailure explain_tls(const boost::system::error_code& error, const SSL* tls, const std::string& host) {
    if (error.category() != boost::asio::error::get_ssl_category()) return {error.message(), false};
    const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
    if (const char* refusal = refused_certificate(reason))
        return {host + " refused the push certificate (TLS alert: " + refusal + ")", true};
    // The verification's own result: the error may be of a layer below, such as "EVP lib" for a bad
    // signature.
    const long verified = tls == nullptr ? X509_V_OK : SSL_get_verify_result(tls);
    if (verified != X509_V_OK)
        return {"the certificate of " + host +
                    " was not accepted: " + X509_verify_cert_error_string(verified),
                true};
    if (reason == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL) return {host + " does not speak HTTP/2", true};
    return {"TLS with " + host + ": " + error.message(), false};
}

} // namespace nanomdm::push
