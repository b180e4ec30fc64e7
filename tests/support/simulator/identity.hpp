// Keys and certificates: what SCEP or ACME would give a device, made here.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace nanomdm::sim {

using KeyHandle = std::shared_ptr<evp_pkey_st>;
using CertificateHandle = std::shared_ptr<x509_st>;

enum class KeyKind { rsa_2048, ec_p256 };

[[nodiscard]] KeyHandle generate_key(KeyKind kind);

/// A certificate and its private key. Cheap to copy; safe to share between threads.
class Identity {
public:
    Identity(CertificateHandle certificate, KeyHandle key);
    /// @throws std::runtime_error on anything but one PEM certificate and one unencrypted PEM key.
    [[nodiscard]] static Identity from_pem(std::string_view certificate_pem, std::string_view key_pem);
    /// For a key that is shared by many certificates.
    [[nodiscard]] static Identity from_pem(std::string_view certificate_pem, KeyHandle key);

    [[nodiscard]] x509_st* certificate() const noexcept { return certificate_.get(); }
    [[nodiscard]] evp_pkey_st* key() const noexcept { return key_.get(); }
    [[nodiscard]] const KeyHandle& shared_key() const noexcept { return key_; }
    [[nodiscard]] std::string certificate_pem() const;
    [[nodiscard]] std::string certificate_der() const;
    [[nodiscard]] std::string key_pem() const;

private:
    CertificateHandle certificate_;
    KeyHandle key_;
};

/// What is asked of a certificate authority.
struct CertificateRequest {
    std::string common_name = {};
    std::string user_id = {}; ///< the subject's UID (0.9.2342.19200300.100.1.1); empty: none
    enum class Usage { client, server, authority, none } usage = Usage::client; ///< extended key usage
    std::string alternative_names = {}; ///< as OpenSSL reads them, "DNS:a,IP:127.0.0.1"; empty: none
    std::chrono::seconds starts_in{-std::chrono::hours{1}}; ///< NotBefore, from now
    std::chrono::seconds ends_in{std::chrono::hours{24 * 365}};
};

/// Issues identities as a SCEP server's CA does.
class Authority {
public:
    explicit Authority(Identity identity) : identity_{std::move(identity)} {}
    /// A new self-signed CA.
    [[nodiscard]] static Authority create(std::string_view name, KeyKind kind = KeyKind::ec_p256);

    [[nodiscard]] Identity issue(const CertificateRequest& request, KeyKind kind = KeyKind::rsa_2048) const;
    /// For a key that exists already.
    [[nodiscard]] Identity issue(const CertificateRequest& request, KeyHandle key) const;

    [[nodiscard]] const Identity& identity() const noexcept { return identity_; }

private:
    Identity identity_;
};

/// A self-signed certificate: no CA vouches for it.
[[nodiscard]] Identity self_signed(const CertificateRequest& request, KeyKind kind = KeyKind::rsa_2048);

/// Looks like what Apple issues for MDM push, signed by nobody but itself.
/// @param topic must start with "com.apple.mgmt.".
[[nodiscard]] Identity make_push_certificate(std::string_view topic);

/// The `Mdm-Signature` header's value for a body: base64 of a detached CMS.
[[nodiscard]] std::string mdm_signature(const Identity& signer, std::string_view body);

/// `:base64 DER:`, RFC 9440.
[[nodiscard]] std::string rfc9440_header(const Identity& identity);
/// URL-escaped PEM, like nginx's `$ssl_client_escaped_cert`.
[[nodiscard]] std::string escaped_pem_header(const Identity& identity);

/// Random, upper case, as devices and administrators write them.
[[nodiscard]] std::string random_uuid();

} // namespace nanomdm::sim
