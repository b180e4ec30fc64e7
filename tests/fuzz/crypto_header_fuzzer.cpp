// Certificate headers: bytes, or changes to a valid header. Nothing but the issued certificates may pass.
#include "crypto/identity_verifier.hpp"
#include "encoding/base64.hpp"
#include "fuzz/edits.hpp"
#include "nanomdm/error.hpp"
#include "support/test_ca.hpp"

#include <array>
#include <cstdlib>
#include <iostream>

namespace {

using namespace nanomdm;
using namespace nanomdm::test;

std::string escaped(const std::string& text) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

struct World {
    TestCa ca = TestCa::make_root();
    Identity identity = ca.issue();
    std::string der = identity.certificate_der();
    std::array<std::string, 3> headers{':' + base64_encode(der) + ':', escaped(identity.certificate_pem),
                                       identity.certificate_pem};
    std::unique_ptr<IdentityVerifier> verifier;

    World() {
        TrustOptions trust;
        trust.ca_pem = ca.certificate_pem();
        verifier = std::make_unique<IdentityVerifier>(trust);
    }
};

const World& world() {
    static const World made;
    return made;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    fuzz::Input input{bytes, size};
    std::string header;
    if (const std::size_t base = input.byte() % 4U; base < 3) {
        header = world().headers[base];
        while (!input.empty()) fuzz::edit(header, input);
    } else {
        header = input.rest();
    }
    try {
        const auto identity = world().verifier->verify_header(header);
        if (identity && identity->der != world().der) {
            std::cerr << "broken: a certificate nobody issued: " << base64_encode(header) << '\n';
            std::abort();
        }
    } catch (const Error& error) {
        if (error.code() != Errc::invalid) std::abort();
    }
    return 0;
}
