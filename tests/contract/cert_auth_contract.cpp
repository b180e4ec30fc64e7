// Which certificate may speak for which device: the rules one by one.
#include "contract/storage_contract.hpp"

#include <algorithm>

namespace nanomdm::contract {
namespace {

using std::string;
using testing::Optional;

const EnrollmentId mac{"A1B2"};
const EnrollmentId other_mac{"C3D4"};
const string hash_1 = certificate_hash(1);
const string hash_2 = certificate_hash(2);

TEST_P(CertAuthContract, NothingIsAssociatedAtFirst) {
    EXPECT_FALSE(storage().is_associated(mac, hash_1));
    enroll(device(mac.str()));
    EXPECT_FALSE(storage().is_associated(mac, hash_1)) << "enrolling alone associates nothing";
}

TEST_P(CertAuthContract, AnUnknownCertificateIsAssociatedOnce) {
    EXPECT_EQ(storage().claim_certificate(mac, hash_1, ClaimRule::unknown_certificate),
              ClaimOutcome::newly_associated);
    EXPECT_TRUE(storage().is_associated(mac, hash_1));
    EXPECT_FALSE(storage().is_associated(mac, hash_2));
    EXPECT_FALSE(storage().is_associated(other_mac, hash_1));
    for (const auto rule : {ClaimRule::unknown_certificate, ClaimRule::first_certificate}) {
        EXPECT_EQ(storage().claim_certificate(mac, hash_1, rule), ClaimOutcome::already_associated);
    }
}

TEST_P(CertAuthContract, ACertificateOfAnotherDeviceIsRefused) {
    storage().claim_certificate(mac, hash_1, ClaimRule::unknown_certificate);
    for (const auto rule : {ClaimRule::unknown_certificate, ClaimRule::first_certificate}) {
        EXPECT_EQ(storage().claim_certificate(other_mac, hash_1, rule),
                  ClaimOutcome::certificate_of_another_device);
    }
    EXPECT_FALSE(storage().is_associated(other_mac, hash_1));
    EXPECT_TRUE(storage().is_associated(mac, hash_1));
    EXPECT_EQ(storage().claim_certificate(other_mac, hash_2, ClaimRule::first_certificate),
              ClaimOutcome::newly_associated)
        << "the refusal left nothing behind";
}

TEST_P(CertAuthContract, AnEnrollmentMayBringASecondCertificate) {
    storage().claim_certificate(mac, hash_1, ClaimRule::unknown_certificate);
    EXPECT_EQ(storage().claim_certificate(mac, hash_2, ClaimRule::unknown_certificate),
              ClaimOutcome::newly_associated);
    EXPECT_TRUE(storage().is_associated(mac, hash_1)) << "append-only";
    EXPECT_TRUE(storage().is_associated(mac, hash_2));
    EXPECT_EQ(storage().claim_certificate(mac, hash_1, ClaimRule::first_certificate),
              ClaimOutcome::already_associated);
}

TEST_P(CertAuthContract, FirstCertificateIsForDevicesWithNone) {
    EXPECT_EQ(storage().claim_certificate(mac, hash_1, ClaimRule::first_certificate),
              ClaimOutcome::newly_associated);
    EXPECT_EQ(storage().claim_certificate(mac, hash_2, ClaimRule::first_certificate),
              ClaimOutcome::device_has_another_certificate);
    EXPECT_FALSE(storage().is_associated(mac, hash_2));
    EXPECT_EQ(storage().claim_certificate(other_mac, hash_2, ClaimRule::first_certificate),
              ClaimOutcome::newly_associated)
        << "the refusal left nothing behind";
}

TEST_P(CertAuthContract, AnotherDevicesCertificateOutranksTheOwnAssociation) {
    storage().claim_certificate(mac, hash_1, ClaimRule::unknown_certificate);
    storage().claim_certificate(other_mac, hash_2, ClaimRule::unknown_certificate);
    EXPECT_EQ(storage().claim_certificate(mac, hash_2, ClaimRule::first_certificate),
              ClaimOutcome::certificate_of_another_device);
}

TEST_P(CertAuthContract, AssociationsOutliveReenrollmentAndCheckOut) {
    const auto enrollment = device(mac.str());
    storage().claim_certificate(mac, hash_1, ClaimRule::unknown_certificate);
    enroll(enrollment);
    storage().store_check_out(check_out(enrollment));
    enroll(enrollment);
    EXPECT_TRUE(storage().is_associated(mac, hash_1));
    EXPECT_EQ(storage().claim_certificate(other_mac, hash_1, ClaimRule::unknown_certificate),
              ClaimOutcome::certificate_of_another_device);
}

TEST_P(CertAuthContract, ACertificateNamesItsDevice) {
    EXPECT_FALSE(storage().device_of_certificate(hash_1));
    enroll(device(mac.str()));
    EXPECT_FALSE(storage().device_of_certificate(hash_1)) << "enrolling alone associates nothing";
    storage().claim_certificate(mac, hash_1, ClaimRule::unknown_certificate);
    storage().claim_certificate(mac, hash_2, ClaimRule::unknown_certificate);
    EXPECT_THAT(storage().device_of_certificate(hash_1), Optional(mac));
    EXPECT_THAT(storage().device_of_certificate(hash_2), Optional(mac));
    EXPECT_FALSE(storage().device_of_certificate(certificate_hash(3)));
}

TEST_P(CertAuthContract, ARefusedClaimDoesNotChangeWhoseCertificateItIs) {
    storage().claim_certificate(other_mac, hash_1, ClaimRule::first_certificate);
    storage().claim_certificate(mac, hash_1, ClaimRule::unknown_certificate);
    EXPECT_THAT(storage().device_of_certificate(hash_1), Optional(other_mac));
}

TEST_P(CertAuthContract, ARenewedCertificateNamesItsDeviceToo) {
    enroll(device(mac.str()));
    storage().claim_certificate(mac, hash_1, ClaimRule::unknown_certificate);
    storage().renew_certificate(mac, certificate(2));
    EXPECT_THAT(storage().device_of_certificate(hash_1), Optional(mac));
    EXPECT_THAT(storage().device_of_certificate(hash_2), Optional(mac));
}

TEST_P(CertAuthContract, TheDeviceOfACertificateMayHaveAnyId) {
    const EnrollmentId odd{"a/..\\'\"%\xF0\x9F\x8D\x8F "};
    storage().claim_certificate(odd, hash_1, ClaimRule::unknown_certificate);
    EXPECT_THAT(storage().device_of_certificate(hash_1), Optional(odd));
}

TEST_P(CertAuthContract, AnAssociationAloneIsNoEnrollment) {
    const auto enrollment = device(mac.str());
    storage().claim_certificate(mac, hash_1, ClaimRule::unknown_certificate);
    EXPECT_FALSE(storage().enrollment(mac));
    EXPECT_FALSE(storage().identity_pem(mac));
    EXPECT_THROW(storage().store_token_update(token_update(enrollment)), Error);
    EXPECT_THROW(storage().store_token_update(token_update(user_of(enrollment, "U"))), Error);
    EXPECT_EQ(enqueue(command("c"), enrollment), EnqueueOutcome::enrollment_not_found);
    storage().touch_last_seen(enrollment);
    EXPECT_FALSE(storage().enrollment(mac));
    enroll(enrollment);
    EXPECT_TRUE(storage().is_associated(mac, hash_1));
}

TEST_P(CertAuthContract, RenewalOfTheUnknownIsInvalid) {
    EXPECT_THROW(storage().renew_certificate(mac, certificate(1)), Error);
    EXPECT_FALSE(storage().is_associated(mac, hash_1)) << "all or nothing";
}

TEST_P(CertAuthContract, RenewalAssociatesAndReplacesTheIdentity) {
    enroll(device(mac.str()));
    storage().claim_certificate(mac, hash_1, ClaimRule::unknown_certificate);
    EXPECT_EQ(storage().renew_certificate(mac, certificate(2)), ClaimOutcome::newly_associated);
    EXPECT_TRUE(storage().is_associated(mac, hash_2));
    EXPECT_TRUE(storage().is_associated(mac, hash_1)) << "append-only";
    EXPECT_THAT(storage().identity_pem(mac), Optional(string{"pem 2"}));
    EXPECT_EQ(storage().renew_certificate(mac, certificate(2)), ClaimOutcome::already_associated);
    EXPECT_THAT(storage().identity_pem(mac), Optional(string{"pem 2"}));
    EXPECT_EQ(storage().claim_certificate(other_mac, hash_2, ClaimRule::unknown_certificate),
              ClaimOutcome::certificate_of_another_device);
}

TEST_P(CertAuthContract, RenewalByACertificateOfAnotherDeviceChangesNothing) {
    enroll(device(mac.str()));
    storage().claim_certificate(other_mac, hash_2, ClaimRule::unknown_certificate);
    EXPECT_EQ(storage().renew_certificate(mac, certificate(2)), ClaimOutcome::certificate_of_another_device);
    EXPECT_FALSE(storage().is_associated(mac, hash_2));
    EXPECT_THAT(storage().identity_pem(mac), Optional("pem of " + mac.str()));
}

TEST_P(CertAuthContract, OneCertificateHasOneDeviceHoweverManyRace) {
    constexpr int racers = 16;
    for (unsigned round = 0; round < 8; ++round) {
        std::vector<ClaimOutcome> outcomes(racers);
        in_parallel(racers, [&](int i) {
            const auto rule = i % 2 == 0 ? ClaimRule::unknown_certificate : ClaimRule::first_certificate;
            const EnrollmentId id{"racer" + std::to_string(round) + "-" + std::to_string(i)};
            outcomes[static_cast<std::size_t>(i)] =
                storage().claim_certificate(id, certificate_hash(round), rule);
        });
        int associated = 0;
        for (int i = 0; i < racers; ++i) {
            const EnrollmentId id{"racer" + std::to_string(round) + "-" + std::to_string(i)};
            const bool won = outcomes[static_cast<std::size_t>(i)] == ClaimOutcome::newly_associated;
            EXPECT_EQ(storage().is_associated(id, certificate_hash(round)), won);
            if (won) ++associated;
            if (!won) {
                EXPECT_EQ(outcomes[static_cast<std::size_t>(i)], ClaimOutcome::certificate_of_another_device);
            }
        }
        EXPECT_EQ(associated, 1);
    }
}

TEST_P(CertAuthContract, OneDeviceClaimingFromManyThreadsAssociatesOnce) {
    constexpr int racers = 16;
    std::vector<ClaimOutcome> same(racers);
    in_parallel(racers, [&](int i) {
        same[static_cast<std::size_t>(i)] =
            storage().claim_certificate(mac, hash_1, ClaimRule::first_certificate);
    });
    EXPECT_EQ(std::ranges::count(same, ClaimOutcome::newly_associated), 1);
    EXPECT_EQ(std::ranges::count(same, ClaimOutcome::already_associated), racers - 1);

    std::vector<ClaimOutcome> different(racers);
    in_parallel(racers, [&](int i) {
        different[static_cast<std::size_t>(i)] = storage().claim_certificate(
            other_mac, certificate_hash(100 + static_cast<unsigned>(i)), ClaimRule::first_certificate);
    });
    EXPECT_EQ(std::ranges::count(different, ClaimOutcome::newly_associated), 1);
    EXPECT_EQ(std::ranges::count(different, ClaimOutcome::device_has_another_certificate), racers - 1);
}

} // namespace
} // namespace nanomdm::contract
