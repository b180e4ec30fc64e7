// The simulated device against a server that says exactly what the test wants.
#include "support/simulator/device.hpp"
#include "support/simulator/test/scripted_server.hpp"

#include <deque>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/cms.h>

namespace nanomdm::sim {
namespace {

using test::ScriptedServer;
using test::SeenRequest;
using testing::ElementsAre;

Identity some_identity(KeyKind kind = KeyKind::ec_p256) {
    static const Authority authority = Authority::create("Test CA");
    CertificateRequest request;
    request.common_name = "device";
    return authority.issue(request, kind);
}

std::vector<std::string> types_of(const std::vector<SeenRequest>& requests) {
    std::vector<std::string> types;
    for (const auto& request : requests) {
        const auto type = top_level_member(request.body, "MessageType");
        types.push_back(type ? *type : top_level_member(request.body, "Status").value_or("?"));
    }
    return types;
}

TEST(SimulatedDevice, EnrollsWithAuthenticateThenTokenUpdate) {
    ScriptedServer server{[](const SeenRequest&) { return ""; }};
    Device device{Channel::device("UDID1"), some_identity(), {.url = server.url() + "/mdm"}};
    device.enroll();
    const auto seen = server.seen();
    EXPECT_THAT(types_of(seen), ElementsAre("Authenticate", "TokenUpdate"));
    EXPECT_EQ(seen[0].method, "PUT");
    EXPECT_EQ(seen[0].target, "/mdm");
    EXPECT_EQ(seen[0].headers.at("content-type"), "application/x-apple-aspen-mdm-checkin");
    EXPECT_EQ(top_level_member(seen[1].body, "Token"), device.profile().push_token);
    EXPECT_EQ(top_level_member(seen[1].body, "UnlockToken"), std::nullopt);
}

TEST(SimulatedDevice, UserChannelSendsNoAuthenticate) {
    ScriptedServer server{[](const SeenRequest&) { return ""; }};
    Device user{Channel::user("U1", "502", "jo", "Jo"), some_identity(), {.url = server.url() + "/mdm"}};
    user.enroll();
    EXPECT_THAT(types_of(server.seen()), ElementsAre("TokenUpdate"));
    EXPECT_EQ(user.id(), "U1:502");
}

TEST(SimulatedDevice, AnswersCommandsUntilThereIsNone) {
    std::deque<std::string> commands{command_plist("1", "DeviceInformation"),
                                     command_plist("2", "DeviceLock"), command_plist("3", "ProfileList")};
    ScriptedServer server{[&](const SeenRequest&) {
        if (commands.empty()) return std::string{};
        auto next = commands.front();
        commands.pop_front();
        return next;
    }};
    Device device{Channel::device("UDID1"), some_identity(), {.url = server.url() + "/mdm"}};
    const auto exchanges = device.connect(answer_with(device, "Acknowledged", {{"DeviceLock", "NotNow"}}));
    ASSERT_EQ(exchanges.size(), 3U);
    EXPECT_THAT(types_of(server.seen()), ElementsAre("Idle", "Acknowledged", "NotNow", "Acknowledged"));
    const auto reports = server.seen();
    EXPECT_EQ(top_level_member(reports[0].body, "CommandUUID"), std::nullopt);
    EXPECT_EQ(top_level_member(reports[2].body, "CommandUUID"), "2");
    EXPECT_THAT(reports[1].body, testing::HasSubstr("<key>QueryResponses</key>"));
}

TEST(SimulatedDevice, SignatureVerifiesOverTheBodyWithItsCertificateInside) {
    for (const auto kind : {KeyKind::ec_p256, KeyKind::rsa_2048}) {
        const auto identity = some_identity(kind);
        const std::string body = "a body\r\nwith both line ends\n";
        const auto text = mdm_signature(identity, body);
        std::string der(text.size(), '\0');
        const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(der.data()),
                                         reinterpret_cast<const unsigned char*>(text.data()),
                                         static_cast<int>(text.size()));
        const auto* start = reinterpret_cast<const unsigned char*>(der.data());
        CMS_ContentInfo* cms = d2i_CMS_ContentInfo(nullptr, &start, size);
        ASSERT_NE(cms, nullptr);
        BIO* content = BIO_new_mem_buf(body.data(), static_cast<int>(body.size()));
        EXPECT_EQ(CMS_verify(cms, nullptr, nullptr, content, nullptr, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY),
                  1);
        BIO* tampered = BIO_new_mem_buf(body.data(), static_cast<int>(body.size() - 1));
        EXPECT_NE(
            CMS_verify(cms, nullptr, nullptr, tampered, nullptr, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY), 1);
        BIO_free(content);
        BIO_free(tampered);
        CMS_ContentInfo_free(cms);
    }
}

TEST(SimulatedDevice, ProofByHeaderSendsTheHeaderAndNoSignature) {
    ScriptedServer server{[](const SeenRequest&) { return ""; }};
    for (const auto& [proof, start] :
         {std::pair{Proof::rfc9440_header, ":MII"}, {Proof::pem_header, "-----BEGIN%20CERT"}}) {
        Device device{Channel::device("U"),
                      some_identity(),
                      {.url = server.url(), .proof = proof, .certificate_header = "X-C"}};
        device.report("Idle");
        const auto seen = server.seen().back();
        EXPECT_TRUE(seen.headers.at("x-c").starts_with(start)) << seen.headers.at("x-c");
        EXPECT_FALSE(seen.headers.contains("mdm-signature"));
    }
}

TEST(SimulatedDevice, ThrowsWhenTheServerIsGone) {
    Device device{Channel::device("U"), some_identity(), {.url = "http://127.0.0.1:1/mdm"}};
    EXPECT_THROW(device.report("Idle"), ConnectionError);
}

TEST(PlistDict, EscapesMarkup) {
    const auto xml = Dict{}.string("K", "a<b>&c").document();
    EXPECT_EQ(top_level_member(xml, "K"), "a<b>&c");
    EXPECT_EQ(top_level_member(to_binary(xml), "K"), "a<b>&c");
}

} // namespace
} // namespace nanomdm::sim
