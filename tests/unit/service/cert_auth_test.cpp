// Every rule of certificate authorization, with the in-memory store behind it.
#include "service/cert_auth.hpp"

#include "contract/imports.hpp"

#include "crypto/digest.hpp"
#include "crypto/pem.hpp"
#include "every_message.hpp"
#include "recording_service.hpp"
#include "storage/inmem/inmem_storage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::service {
namespace {

using namespace contract;
using testing::ElementsAre;
using testing::IsEmpty;

const Enrollment mac = device("A1B2");
const Enrollment anna = user_of(mac, "ANNA");
const Enrollment other_mac = device("C3D4");

/// A request signed by a certificate of its own for each name. Only its bytes matter here.
Request signed_by(const std::string& name) {
    auto certificate = std::make_shared<IdentityCertificate>();
    certificate->der = "DER of " + name;
    certificate->hash = sha256_hex(certificate->der);
    certificate->pem = crypto::write_pem("CERTIFICATE", certificate->der);
    return Request{certificate, {}, "0123456789abcdef"};
}

const Request by_first = signed_by("first");
const Request by_second = signed_by("second");
const Request by_third = signed_by("third");

/// "ok", or how the message was refused.
std::string outcome(Service& service, const AnyMessage& message, const Request& request,
                    const Enrollment& from) {
    try {
        message.send(service, request, from);
        return "ok";
    } catch (const Error& error) {
        return error.code() == Errc::forbidden ? "forbidden"
               : error.code() == Errc::invalid ? "invalid"
                                               : "other";
    }
}

class CertAuthTest : public testing::Test {
protected:
    CertAuth with(
        CertAuthOptions options, CertAuth::RenewalRule rule = [](auto&, auto&) { return true; }) {
        return CertAuth{next, storage, options, std::move(rule)};
    }
    static std::string token_update_of(Service& service, const Request& request, const Enrollment& from) {
        return outcome(service, messages_after_authenticate().front(), request, from);
    }
    static std::string authenticate_of(Service& service, const Request& request, const Enrollment& from) {
        return outcome(service, every_message().back(), request, from);
    }
    bool associated(const Enrollment& device, const Request& request) {
        return storage.is_associated(device.id, request.certificate->hash);
    }
    void associate(const Enrollment& device, const Request& request) {
        storage.claim_certificate(device.id, request.certificate->hash, ClaimRule::unknown_certificate);
    }
    /// Enrolled and authorized by this certificate, as after an Authenticate through the whole chain.
    void enroll(const Enrollment& device, const Request& request) {
        associate(device, request);
        storage.store_authenticate(authenticate(device), request.certificate->pem);
    }

    storage::InMemStorage storage;
    RecordingService next;
};

TEST_F(CertAuthTest, NoMessagePassesWithoutACertificate) {
    for (const bool warn_only : {false, true}) {
        auto service = with({.retro = true, .warn_only = warn_only, .renewal = true});
        for (const auto& message : every_message()) {
            EXPECT_EQ(outcome(service, message, Request{}, mac), "invalid") << message.name;
        }
    }
    EXPECT_THAT(next.calls, IsEmpty());
}

TEST_F(CertAuthTest, AnUnassociatedCertificatePassesNoMessageButAuthenticate) {
    auto service = with({});
    for (const auto& message : messages_after_authenticate()) {
        for (const auto& from : {mac, anna}) {
            EXPECT_EQ(outcome(service, message, by_first, from), "forbidden") << message.name;
        }
    }
    EXPECT_THAT(next.calls, IsEmpty());
    EXPECT_FALSE(associated(mac, by_first));
}

TEST_F(CertAuthTest, AuthenticateOpensEveryMessageOfTheDeviceAndItsUsers) {
    auto service = with({});
    EXPECT_EQ(authenticate_of(service, by_first, mac), "ok");
    EXPECT_TRUE(associated(mac, by_first));
    EXPECT_THAT(next.calls, ElementsAre("Authenticate A1B2"));
    for (const auto& message : messages_after_authenticate()) {
        for (const auto& from : {mac, anna}) {
            next.calls.clear();
            EXPECT_EQ(outcome(service, message, by_first, from), "ok") << message.name;
            EXPECT_THAT(next.calls, ElementsAre(message.name + " " + from.id.str()));
            EXPECT_EQ(outcome(service, message, by_second, from), "forbidden") << message.name;
        }
        EXPECT_EQ(outcome(service, message, by_first, other_mac), "forbidden") << message.name;
    }
}

TEST_F(CertAuthTest, AnswersComeThrough) {
    auto service = with({});
    associate(mac, by_first);
    next.user_authenticate_answer = UserAuthenticateAnswer::challenge;
    next.bootstrap_token_answer = "escrowed";
    next.declarative_management_answer = "{}";
    next.token_answer = "token data";
    next.next_command = command("c");
    EXPECT_EQ(service.token_update(by_first, token_update(mac)), 7);
    EXPECT_EQ(service.user_authenticate(by_first, user_authenticate(anna, "<raw>", "")),
              UserAuthenticateAnswer::challenge);
    EXPECT_EQ(service.bootstrap_token(by_first, {check_out(mac)}), "escrowed");
    EXPECT_EQ(service.declarative_management(by_first, {check_out(mac), "tokens", ""}), "{}");
    EXPECT_EQ(service.token(by_first, {check_out(mac), "com.apple.maid"}), "token data");
    EXPECT_EQ(service.command_report(by_first, command_report(mac, "Error", "x", "<raw>")), command("c"));
}

TEST_F(CertAuthTest, AuthenticateWithTheOwnCertificateAgainIsAccepted) {
    auto service = with({});
    EXPECT_EQ(authenticate_of(service, by_first, mac), "ok");
    EXPECT_EQ(authenticate_of(service, by_first, mac), "ok");
    EXPECT_EQ(next.calls.size(), 2U);
}

TEST_F(CertAuthTest, AuthenticateWithACertificateOfAnotherDeviceIsRefused) {
    for (const bool retro : {false, true}) {
        auto service = with({.retro = retro, .renewal = true});
        associate(mac, by_first);
        EXPECT_EQ(authenticate_of(service, by_first, other_mac), "forbidden");
        EXPECT_FALSE(associated(other_mac, by_first));
    }
    EXPECT_THAT(next.calls, IsEmpty());
}

TEST_F(CertAuthTest, ReenrollmentWithANewCertificateIsAccepted) {
    auto service = with({});
    authenticate_of(service, by_first, mac);
    EXPECT_EQ(authenticate_of(service, by_second, mac), "ok");
    EXPECT_TRUE(associated(mac, by_second));
    EXPECT_EQ(token_update_of(service, by_first, mac), "ok") << "associations are never taken back";
}

TEST_F(CertAuthTest, RetroAssociatesADeviceThatHasNone) {
    for (const auto& message : messages_after_authenticate()) {
        const auto newcomer = device("newcomer " + message.name);
        auto service = with({.retro = true});
        EXPECT_EQ(outcome(service, message, signed_by(message.name), user_of(newcomer, "U")), "ok")
            << message.name;
        EXPECT_TRUE(associated(newcomer, signed_by(message.name))) << "the device, not the user channel";
    }
}

TEST_F(CertAuthTest, RetroRefusesASecondCertificate) {
    auto service = with({.retro = true});
    associate(mac, by_first);
    EXPECT_EQ(token_update_of(service, by_second, mac), "forbidden");
    EXPECT_FALSE(associated(mac, by_second));
}

TEST_F(CertAuthTest, RetroRefusesACertificateOfAnotherDevice) {
    auto service = with({.retro = true});
    associate(mac, by_first);
    EXPECT_EQ(token_update_of(service, by_first, other_mac), "forbidden");
    EXPECT_FALSE(associated(other_mac, by_first));
    EXPECT_EQ(token_update_of(service, by_second, other_mac), "ok") << "the refusal left nothing behind";
}

TEST_F(CertAuthTest, WhomAnImportAllowedAssociatesOnceWithoutRetro) {
    auto imported = contract::imported_device(mac.id.str(), 1);
    imported.certificate_hashes.clear();
    imported.may_claim_first = true;
    auto other = contract::imported_device(other_mac.id.str(), 1);
    (void)storage.import_enrollments(std::vector{imported, other}, ImportMode::apply);
    auto service = with({});
    EXPECT_EQ(token_update_of(service, by_first, other_mac), "forbidden");
    EXPECT_EQ(token_update_of(service, by_first, mac), "ok");
    EXPECT_TRUE(associated(mac, by_first));
    EXPECT_EQ(token_update_of(service, by_second, mac), "forbidden");
    EXPECT_EQ(token_update_of(service, by_first, anna), "ok");
}

TEST_F(CertAuthTest, WarnOnlyLetsThroughWhatWouldBeRefusedAndStoresNothing) {
    for (const bool retro : {false, true}) {
        auto service = with({.retro = retro, .warn_only = true});
        associate(mac, by_first);
        for (const auto& message : messages_after_authenticate()) {
            next.calls.clear();
            EXPECT_EQ(outcome(service, message, by_second, mac), "ok") << message.name;
            EXPECT_EQ(next.calls.size(), 1U) << message.name;
        }
        EXPECT_EQ(authenticate_of(service, by_first, other_mac), "ok");
        EXPECT_FALSE(associated(mac, by_second));
        EXPECT_FALSE(associated(other_mac, by_first));
    }
}

TEST_F(CertAuthTest, WarnOnlyAssociatesWhatWouldBeAccepted) {
    auto service = with({.retro = true, .warn_only = true});
    EXPECT_EQ(authenticate_of(service, by_first, mac), "ok");
    EXPECT_TRUE(associated(mac, by_first));
    EXPECT_EQ(token_update_of(service, by_second, other_mac), "ok");
    EXPECT_TRUE(associated(other_mac, by_second));
}

TEST_F(CertAuthTest, ARenewalIsAssociated) {
    enroll(mac, by_first);
    std::string asked;
    auto service = with({.renewal = true}, [&](const IdentityCertificate& renewed, const std::string& pem) {
        asked = renewed.hash + pem;
        return true;
    });
    EXPECT_EQ(token_update_of(service, by_second, anna), "ok");
    EXPECT_EQ(asked, by_second.certificate->hash + by_first.certificate->pem);
    EXPECT_TRUE(associated(mac, by_second));
    EXPECT_TRUE(associated(mac, by_first)) << "a request may still be on its way";
    EXPECT_EQ(storage.identity_pem(mac.id), by_second.certificate->pem);
    EXPECT_EQ(token_update_of(service, by_third, mac), "ok") << "renewed again, judged by the renewed one";
    EXPECT_EQ(asked, by_third.certificate->hash + by_second.certificate->pem);
}

TEST_F(CertAuthTest, RenewalIsOffUnlessAskedFor) {
    enroll(mac, by_first);
    for (const bool retro : {false, true}) {
        auto service = with({.retro = retro}, [](auto&, auto&) {
            ADD_FAILURE() << "asked";
            return true;
        });
        EXPECT_EQ(token_update_of(service, by_second, mac), "forbidden");
    }
}

TEST_F(CertAuthTest, ACertificateThatIsNoRenewalIsRefused) {
    enroll(mac, by_first);
    for (const bool retro : {false, true}) {
        auto service = with({.retro = retro, .renewal = true}, [](auto&, auto&) { return false; });
        EXPECT_EQ(token_update_of(service, by_second, mac), "forbidden");
    }
    EXPECT_FALSE(associated(mac, by_second));
    EXPECT_EQ(storage.identity_pem(mac.id), by_first.certificate->pem);
}

TEST_F(CertAuthTest, ARenewalThatIsACertificateOfAnotherDeviceIsRefused) {
    enroll(mac, by_first);
    enroll(other_mac, by_second);
    auto service = with({.renewal = true});
    EXPECT_EQ(token_update_of(service, by_second, mac), "forbidden");
    EXPECT_FALSE(associated(mac, by_second));
    EXPECT_EQ(storage.identity_pem(mac.id), by_first.certificate->pem);
}

TEST_F(CertAuthTest, NothingRenewsAnIdentityThatWasNeverAuthorized) {
    // warn_only let this device enroll with a certificate of another one; it is off since.
    enroll(other_mac, by_first);
    storage.store_authenticate(authenticate(mac), by_first.certificate->pem);
    auto service = with({.renewal = true});
    EXPECT_EQ(token_update_of(service, by_second, mac), "forbidden");
    EXPECT_FALSE(associated(mac, by_second));
}

TEST_F(CertAuthTest, WithoutAnIdentityThereIsNothingToRenew) {
    associate(mac, by_first);
    auto service = with({.renewal = true});
    EXPECT_EQ(token_update_of(service, by_second, mac), "forbidden") << "unknown device";
    storage.store_authenticate(authenticate(mac), "");
    EXPECT_EQ(token_update_of(service, by_second, mac), "forbidden") << "migrated without a certificate";
    storage.store_authenticate(authenticate(mac), "not PEM");
    EXPECT_EQ(token_update_of(service, by_second, mac), "forbidden") << "no certificate";
}

/// A store in which another request of the device renews between two looks.
class RenewedMeanwhile final : public CertAuthStore {
public:
    RenewedMeanwhile(CertAuthStore& store, const EnrollmentId& device, const IdentityCertificate& certificate)
        : store_{store}, device_{device}, certificate_{certificate} {}

    bool is_associated(const EnrollmentId& device, const std::string& hash) override {
        const bool answer = store_.is_associated(device, hash);
        store_.renew_certificate(device_, certificate_);
        return answer;
    }
    ClaimOutcome claim_certificate(const EnrollmentId& d, const std::string& h, ClaimRule r) override {
        return store_.claim_certificate(d, h, r);
    }
    std::optional<EnrollmentId> device_of_certificate(const std::string& hash) override {
        return store_.device_of_certificate(hash);
    }
    std::optional<std::string> identity_pem(const EnrollmentId& device) override {
        return store_.identity_pem(device);
    }
    ClaimOutcome renew_certificate(const EnrollmentId& d, const IdentityCertificate& c) override {
        return store_.renew_certificate(d, c);
    }

private:
    CertAuthStore& store_;
    EnrollmentId device_;
    IdentityCertificate certificate_;
};

TEST_F(CertAuthTest, TwoRequestsMayBringTheSameRenewalAtOnce) {
    enroll(mac, by_first);
    RenewedMeanwhile racing{storage, mac.id, *by_second.certificate};
    // Nothing renews itself: the rule alone would refuse.
    CertAuth service{
        next, racing, {.renewal = true}, [](const IdentityCertificate& renewed, const std::string& pem) {
            return renewed.pem != pem;
        }};
    EXPECT_EQ(token_update_of(service, by_second, mac), "ok");
    EXPECT_THAT(next.calls, ElementsAre("TokenUpdate A1B2"));
}

} // namespace
} // namespace nanomdm::service
