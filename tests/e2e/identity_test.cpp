// Who is calling: signatures, proxies' headers, chains. Whatever is wrong is 400, never 401.
#include "e2e/scene.hpp"
#include "support/cms_signer.hpp"

#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

using namespace std::chrono_literals;
using sim::Channel;
using sim::Proof;
using Usage = sim::CertificateRequest::Usage;

int status_with_signature(sim::Device& device, std::string value) {
    auto request = device.check_in_request(device.authenticate_message());
    for (auto& [name, content] : request.headers)
        if (name == "Mdm-Signature") content = value;
    return static_cast<int>(device.http().send(request).status);
}

TEST(MdmSignature, EveryShapeDevicesSendIsTaken) {
    Scene scene;
    for (const auto kind : {sim::KeyKind::ec_p256, sim::KeyKind::rsa_2048}) {
        sim::CertificateRequest wanted;
        wanted.common_name = "shapes";
        const auto identity = test_authority().issue(wanted, kind);
        auto device = scene.device(Channel::device(kind == sim::KeyKind::rsa_2048 ? "RSA" : "EC"), identity);
        const auto body = device.authenticate_message();
        for (const char* digest : {"SHA1", "SHA256", "SHA384", "SHA512"}) {
            for (const bool attributes : {true, false}) {
                const CmsShape shape{.digest = digest,
                                     .with_attributes = attributes,
                                     .absent_parameters = !attributes && kind == sim::KeyKind::rsa_2048};
                auto request = device.check_in_request(body);
                request.headers.front().second =
                    sim::base64(sign_cms(identity.certificate_pem(), identity.key_pem(), body, shape));
                EXPECT_EQ(device.http().send(request).status, 200) << digest << attributes;
            }
        }
    }
}

TEST(MdmSignature, WhatDoesNotVerifyIs400) {
    Scene scene;
    auto device = scene.device("U1");
    const auto identity = device.identity();
    const auto good = sim::mdm_signature(identity, device.authenticate_message());
    EXPECT_EQ(status_with_signature(device, good), 200);
    EXPECT_EQ(status_with_signature(device, sim::mdm_signature(identity, "another body")), 400);
    EXPECT_EQ(status_with_signature(device, "not base64!"), 400);
    EXPECT_EQ(status_with_signature(device, sim::base64("not CMS")), 400);
    EXPECT_EQ(status_with_signature(device, good.substr(0, good.size() / 2)), 400);
    EXPECT_EQ(status_with_signature(device, ""), 400) << "no signature at all";
    auto unsigned_device = sim::Device{Channel::device("U1"), identity, scene.endpoint(Proof::none)};
    EXPECT_EQ(unsigned_device.report("Idle").status, 400);
}

TEST(MdmSignature, ASignatureIsForOneBodyOnly) {
    Scene scene;
    auto device = scene.enrolled("U1");
    auto request = device.report_request(device.report_message("Idle", {}));
    const auto length = request.body.size();
    request.body.append("\n");
    EXPECT_EQ(device.http().send(request).status, 400);
    request.body.resize(length);
    EXPECT_EQ(device.http().send(request).status, 200);
}

TEST(Chain, CertificatesThatDoNotVerifyAre400) {
    Scene scene;
    const auto refused = [&](const sim::Identity& identity) {
        return scene.device(Channel::device("U1"), identity).authenticate().status;
    };
    sim::CertificateRequest request;
    request.common_name = "U1";
    EXPECT_EQ(refused(sim::self_signed(request, sim::KeyKind::ec_p256)), 400);
    EXPECT_EQ(refused(sim::Authority::create("End-to-end test CA").issue(request, sim::KeyKind::ec_p256)),
              400)
        << "a CA of the same name";
    auto expired = request;
    expired.starts_in = -48h;
    expired.ends_in = -1h;
    EXPECT_EQ(refused(test_authority().issue(expired, sim::KeyKind::ec_p256)), 400);
    auto future = request;
    future.starts_in = 1h;
    EXPECT_EQ(refused(test_authority().issue(future, sim::KeyKind::ec_p256)), 400);
    auto server = request;
    server.usage = Usage::server;
    EXPECT_EQ(refused(test_authority().issue(server, sim::KeyKind::ec_p256)), 400);
}

TEST(Chain, WithinTheSkewAndWithoutExtendedKeyUsageIsTaken) {
    Scene scene;
    sim::CertificateRequest request;
    request.common_name = "U1";
    request.starts_in = 2min;
    EXPECT_EQ(scene.device(Channel::device("U1"), test_authority().issue(request)).authenticate().status,
              200);
    request.starts_in = -1h;
    request.usage = Usage::none;
    EXPECT_EQ(scene.device(Channel::device("U2"), test_authority().issue(request)).authenticate().status,
              200);
}

TEST(Chain, IntermediateIsUsedAndAnIssuingCaAloneIsATrustAnchor) {
    sim::CertificateRequest request;
    request.common_name = "Issuing CA";
    request.usage = Usage::authority;
    const sim::Authority issuing{test_authority().issue(request, sim::KeyKind::ec_p256)};
    request.common_name = "U1";
    request.usage = Usage::client;
    const auto identity = issuing.issue(request, sim::KeyKind::ec_p256);

    const TempDir directory;
    const auto pem = directory.write("issuing.pem", issuing.identity().certificate_pem()).string();
    {
        Scene scene;
        EXPECT_EQ(scene.device(Channel::device("U1"), identity).authenticate().status, 400);
        scene.restart({"-intermediate", pem});
        EXPECT_EQ(scene.device(Channel::device("U1"), identity).authenticate().status, 200);
    }
    Scene scene;
    scene.directory().write("ca.pem", issuing.identity().certificate_pem());
    scene.restart({});
    EXPECT_EQ(scene.device(Channel::device("U1"), identity).authenticate().status, 200);
    EXPECT_EQ(scene.device("U2").authenticate().status, 400) << "the root is no anchor now";
}

class CertHeader : public testing::TestWithParam<Proof> {};

TEST_P(CertHeader, EnrollsAndConnects) {
    Scene scene{{"-cert-header", "X-Client-Cert"}};
    auto endpoint = scene.endpoint(GetParam());
    endpoint.certificate_header = "X-Client-Cert";
    sim::Device device{Channel::device("U1"), test_identity("U1"), endpoint};
    device.enroll();
    scene.api().must_enqueue("U1", "C1");
    EXPECT_EQ(device.connect().size(), 1U);

    auto foreign = sim::Device{Channel::device("U2"),
                               sim::self_signed({.common_name = "U2"}, sim::KeyKind::ec_p256), endpoint};
    EXPECT_EQ(foreign.authenticate().status, 400);
    endpoint.proof = Proof::mdm_signature; // exactly one way is active
    auto by_signature = sim::Device{Channel::device("U1"), device.identity(), endpoint};
    EXPECT_EQ(by_signature.report("Idle").status, 400);
}

INSTANTIATE_TEST_SUITE_P(Forms, CertHeader, testing::Values(Proof::rfc9440_header, Proof::pem_header),
                         [](const auto& instance) {
                             return instance.param == Proof::pem_header ? "EscapedPem" : "Rfc9440";
                         });

TEST(CertHeaderValue, NonsenseCountsAsNoCertificate) {
    Scene scene{{"-cert-header", "X-Client-Cert"}};
    auto device = sim::Device{Channel::device("U1"), test_identity("U1"), scene.endpoint(Proof::none)};
    for (const char* value :
         {":AAAA:", ":not base64:", ":", "%", "%ZZ", "-----BEGIN%20CERTIFICATE-----", "x"}) {
        auto request = device.check_in_request(device.authenticate_message());
        request.headers.emplace_back("X-Client-Cert", value);
        EXPECT_EQ(device.http().send(request).status, 400) << value;
    }
}

} // namespace
} // namespace nanomdm::test
