// Uploads of push certificates: bytes, or changes to a valid one. What is read must read the same again.
#include "crypto/push_certificate.hpp"
#include "fuzz/edits.hpp"
#include "nanomdm/error.hpp"
#include "support/test_ca.hpp"

#include <cstdlib>
#include <iostream>

namespace {

using namespace nanomdm;
using namespace nanomdm::test;

const std::string& valid_upload() {
    static const std::string made = [] {
        const auto identity = TestCa::make_root().issue({.user_id = "com.apple.mgmt.External.fuzz"});
        return identity.certificate_pem + identity.private_key_pem;
    }();
    return made;
}

void require(bool holds, const char* what) {
    if (holds) return;
    std::cerr << "broken: " << what << '\n';
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    fuzz::Input input{bytes, size};
    std::string upload;
    if ((input.byte() & 1) == 0) {
        upload = valid_upload();
        while (!input.empty()) fuzz::edit(upload, input);
    } else {
        upload = input.rest();
    }
    try {
        const auto parsed = parse_push_certificate(upload);
        const auto& certificate = parsed.certificate;
        const auto again = parse_push_certificate(certificate.private_key_pem + certificate.certificate_pem);
        require(again.certificate.certificate_pem == certificate.certificate_pem, "the certificate is kept");
        require(again.certificate.private_key_pem == certificate.private_key_pem, "the key is kept");
        require(again.certificate.topic == certificate.topic, "the topic is kept");
        require(certificate_not_after(certificate.certificate_pem) == parsed.not_after, "the date is kept");
        require(certificate.topic.str().starts_with("com.apple.mgmt"), "the topic is one for MDM");
    } catch (const Error& error) {
        require(error.code() == Errc::invalid, "refused as invalid");
    }
    return 0;
}
