// Certificate authorities and identities made at run time, so that no private key is ever committed.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nanomdm::test {

enum class KeyType { ec_p256, ec_p384, rsa_512, rsa_1024, rsa_2048 };

/// @return an unencrypted PKCS#8 PEM. RSA-2048 takes some 50 ms: make one and reuse it where you can.
[[nodiscard]] std::string make_private_key(KeyType type);

/// A certificate and its key. Both PEM.
struct Identity {
    std::string certificate_pem;
    std::string private_key_pem;

    [[nodiscard]] std::string certificate_der() const;
};

/// What a certificate to be issued says. The defaults make a device identity as SCEP issues it.
struct CertificateRequest {
    std::string common_name = "device";
    std::string user_id = {};                ///< subject UID; the topic of a push certificate
    std::vector<std::string> dns_names = {}; ///< subject alternative names
    std::vector<std::string> uris = {};
    std::vector<std::string> ip_addresses = {};
    std::optional<std::string> extended_key_usage = "clientAuth"; ///< nullopt: without the extension
    std::optional<std::string> key_usage = {};                    ///< such as "critical,digitalSignature"
    bool is_ca = false;
    std::chrono::system_clock::time_point not_before =
        std::chrono::system_clock::now() - std::chrono::hours{1};
    std::chrono::system_clock::time_point not_after =
        std::chrono::system_clock::now() + std::chrono::hours{24 * 365};
    std::string not_after_text = {}; ///< GeneralizedTime, for moments that not_after cannot hold
    KeyType key_type = KeyType::ec_p256;
    std::string private_key_pem = {}; ///< use this key; empty: a new one of key_type
    std::string digest = "SHA256";    ///< of the issuer's signature
};

/// One certificate authority: a self-signed root, or issued by another.
class TestCa {
public:
    [[nodiscard]] static TestCa make_root(const std::string& common_name = "Test Root",
                                          KeyType key_type = KeyType::ec_p256);
    /// A root of the given shape; `is_ca` is implied.
    [[nodiscard]] static TestCa make_root(CertificateRequest request);

    /// Signs with an identity, CA or not.
    [[nodiscard]] static TestCa of(Identity identity) { return TestCa{std::move(identity)}; }

    [[nodiscard]] TestCa issue_ca(const std::string& common_name) const;
    [[nodiscard]] TestCa issue_ca(CertificateRequest request) const;
    [[nodiscard]] Identity issue(const CertificateRequest& request = {}) const;

    [[nodiscard]] const std::string& certificate_pem() const noexcept { return identity_.certificate_pem; }
    [[nodiscard]] const std::string& private_key_pem() const noexcept { return identity_.private_key_pem; }

private:
    explicit TestCa(Identity identity) : identity_{std::move(identity)} {}

    Identity identity_;
};

} // namespace nanomdm::test
