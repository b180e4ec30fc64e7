// Which certificate may speak for which enrollment.
#include "e2e/scene.hpp"

#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

using sim::Channel;

TEST(CertAuth, AnotherDevicesCertificateIs403) {
    Scene scene;
    auto one = scene.enrolled("U1");
    auto two = scene.enrolled("U2");
    auto thief = scene.device(Channel::device("U1"), two.identity());
    for (const auto& response :
         {thief.authenticate(), thief.token_update(), thief.report("Idle"), thief.check_out()}) {
        EXPECT_EQ(response.status, 403);
        EXPECT_EQ(response.body, "");
    }
    EXPECT_EQ(one.report("Idle").status, 200);
}

TEST(CertAuth, AnUnknownCertificateIs403UntilItAuthenticates) {
    Scene scene;
    auto device = scene.enrolled("U1");
    device.use_identity(test_identity("U1"));
    EXPECT_EQ(device.report("Idle").status, 403);
    EXPECT_EQ(device.token_update().status, 403);
    device.enroll();
    EXPECT_EQ(device.report("Idle").status, 200);
}

TEST(CertAuth, FormerCertificatesStayAssociated) {
    Scene scene;
    auto device = scene.device("U1");
    const auto first = device.identity();
    device.enroll();
    device.use_identity(test_identity("U1"));
    device.enroll();
    device.use_identity(first);
    EXPECT_EQ(device.report("Idle").status, 200);
}

TEST(CertAuth, UserChannelsUseTheirDevicesCertificate) {
    Scene scene;
    auto device = scene.enrolled("U1");
    auto other = scene.enrolled("U2");
    auto user = scene.device(Channel::user("U1", "502", "jo", "Jo"), device.identity());
    EXPECT_EQ(user.token_update().status, 200);
    auto thief = scene.device(Channel::user("U1", "503", "al", "Al"), other.identity());
    EXPECT_EQ(thief.token_update().status, 403);
}

TEST(CertAuth, AssociationsSurviveARestart) {
    Scene scene;
    auto device = scene.enrolled("U1");
    auto thief = scene.device(Channel::device("U2"), device.identity());
    scene.restart({});
    device.use_endpoint(scene.endpoint());
    thief.use_endpoint(scene.endpoint());
    EXPECT_EQ(device.report("Idle").status, 200);
    EXPECT_EQ(thief.authenticate().status, 403);
}

TEST(CertAuth, WarnOnlyAcceptsAndStoresNothing) {
    Scene scene;
    auto device = scene.enrolled("U1");
    const auto strange = test_identity("U1");
    scene.restart({"-cert-auth-warn-only"});
    device.use_endpoint(scene.endpoint());
    EXPECT_EQ(device.report("Idle").status, 200);
    auto stranger = scene.device(Channel::device("U1"), strange);
    EXPECT_EQ(stranger.report("Idle").status, 200);
    scene.restart({});
    stranger.use_endpoint(scene.endpoint());
    EXPECT_EQ(stranger.report("Idle").status, 403);
}

TEST(CertAuth, RetroAssociatesOnlyEnrollmentsWithoutAny) {
    // How an enrollment without an association comes about: warn-only lets the second Authenticate in.
    Scene scene{{"-cert-auth-warn-only"}};
    auto known = scene.enrolled("U1");
    auto unassociated = scene.device(Channel::device("U2"), known.identity());
    unassociated.enroll();
    scene.restart({"-retro"});
    auto late = scene.device(Channel::device("U2"), test_identity("U2"));
    EXPECT_EQ(late.report("Idle").status, 200) << "no association yet: taken";
    auto later = scene.device(Channel::device("U2"), test_identity("U2"));
    EXPECT_EQ(later.report("Idle").status, 403) << "has one already";
    auto thief = scene.device(Channel::device("U3"), known.identity());
    EXPECT_EQ(thief.report("Idle").status, 403) << "the certificate is another's";
    scene.restart({});
    late.use_endpoint(scene.endpoint());
    EXPECT_EQ(late.report("Idle").status, 200) << "the association is kept";
}

sim::Identity renewed(std::string_view common_name, std::chrono::seconds starts_in, std::string names = {}) {
    sim::CertificateRequest request;
    request.common_name = common_name;
    request.starts_in = starts_in;
    request.alternative_names = std::move(names);
    return test_authority().issue(request, sim::KeyKind::ec_p256);
}

TEST(CertAuth, RenewalNeedsTheFlag) {
    Scene scene;
    auto device = scene.enrolled("U1");
    device.use_identity(renewed("U1", std::chrono::seconds{-5}));
    EXPECT_EQ(device.report("Idle").status, 403);
}

TEST(CertAuth, RenewalTakesTheSameSubjectIssuedLater) {
    Scene scene{{"-cert-renewal"}};
    auto device = scene.enrolled("U1"); // its certificate starts an hour ago
    const auto first = device.identity();
    device.use_identity(renewed("someone else", std::chrono::seconds{-5}));
    EXPECT_EQ(device.report("Idle").status, 403) << "another subject";
    device.use_identity(renewed("U1", std::chrono::seconds{-5}, "DNS:other.example.org"));
    EXPECT_EQ(device.report("Idle").status, 403) << "other alternative names";
    device.use_identity(renewed("U1", std::chrono::hours{-2}));
    EXPECT_EQ(device.report("Idle").status, 403) << "issued before";
    device.use_identity(renewed("U1", std::chrono::seconds{-5}));
    EXPECT_EQ(device.report("Idle").status, 200) << "a renewal";
    EXPECT_EQ(device.token_update().status, 200);
    device.use_identity(first);
    EXPECT_EQ(device.report("Idle").status, 200) << "the old one stays associated";
}

} // namespace
} // namespace nanomdm::test
