// One root and its device identities, made once per test program: RSA keys are slow to make.
#pragma once

#include "crypto/identity_verifier.hpp"
#include "encoding/base64.hpp"
#include "support/cms_signer.hpp"
#include "support/test_ca.hpp"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace nanomdm::test {

struct Pki {
    TestCa root = TestCa::make_root();
    std::string rsa_key = make_private_key(KeyType::rsa_2048);
    std::string ec_key = make_private_key(KeyType::ec_p256);
    Identity rsa = root.issue({.common_name = "rsa device", .private_key_pem = rsa_key});
    Identity ec = root.issue({.common_name = "ec device", .private_key_pem = ec_key});
};

inline const Pki& pki() {
    static const Pki made;
    return made;
}

inline TrustOptions trust_in(const std::string& ca_pem, const std::string& intermediate_pem = {}) {
    TrustOptions trust;
    trust.ca_pem = ca_pem;
    trust.intermediate_pem = intermediate_pem;
    return trust;
}

/// The text of the Error{Errc::invalid} that `call` must throw; the test fails when it does not.
template <class Call> std::string refusal(Call call) {
    try {
        static_cast<void>(call());
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::invalid) << error.what();
        return error.what();
    }
    ADD_FAILURE() << "nothing was refused";
    return {};
}

} // namespace nanomdm::test
