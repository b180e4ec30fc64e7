// Importing beside devices that speak to this server: what they have sent here stays.
#include "contract/imports.hpp"
#include "contract/storage_contract.hpp"

#include <atomic>

namespace nanomdm::contract {
namespace {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ImportContinuedContract);

using Outcome = ImportOutcome::Enrollment;

const ImportedEnrollment mac = imported_device("A1B2", 1);
const ImportedEnrollment user = imported_user(mac, "alice");
const Enrollment& mac_here = mac.state.enrollment;
const Enrollment& user_here = user.state.enrollment;

TEST_P(ImportContinuedContract, AnEnrollmentThatIsOfThisServerIsLeftAlone) {
    storage().store_authenticate(authenticate(mac_here), "");
    auto device = mac;
    device.commands = {pending(command("1"))};
    EXPECT_EQ(look(device).enrollment, Outcome::enrolled_here) << "a device that has sent Authenticate only";
    EXPECT_EQ(import(device).enrollment, Outcome::enrolled_here);
    EXPECT_EQ(storage().enrollment(mac_here.id)->enabled, false);
    EXPECT_EQ(storage().messages(mac_here.id).authenticate, "<authenticate>");
    EXPECT_FALSE(storage().is_associated(mac_here.id, certificate_hash(1)));
    storage().store_token_update(token_update(mac_here));
    storage().store_token_update(token_update(user_here));
    EXPECT_EQ(import(device).enrollment, Outcome::enrolled_here);
    EXPECT_EQ(import(user).enrollment, Outcome::enrolled_here);
    EXPECT_EQ(storage().enrollment(user_here.id)->token_update_tally, 1);
    EXPECT_EQ(next(mac_here), "");
    storage().store_check_out(check_out(mac_here));
    EXPECT_EQ(import(device).enrollment, Outcome::enrolled_here);
    EXPECT_EQ(import(user).enrollment, Outcome::enrolled_here);
    EXPECT_FALSE(storage().enrollment(mac_here.id)->enabled);
}

TEST_P(ImportContinuedContract, AnAuthenticateEndsTheImportAlsoWithTheSameBytes) {
    (void)storage().import_enrollments(std::vector{mac, user}, ImportMode::apply);
    storage().store_authenticate(authenticate(mac_here, *mac.messages.authenticate), *mac.identity_pem);
    expect_left_alone(mac);
    expect_left_alone(user);
    // The tallies come to what they were.
    for (int i = 0; i < mac.state.token_update_tally; ++i)
        storage().store_token_update(token_update(mac_here));
    for (int i = 0; i < user.state.token_update_tally; ++i)
        storage().store_token_update(token_update(user_here, *user.messages.token_update));
    expect_left_alone(mac);
    expect_left_alone(user);
}

TEST_P(ImportContinuedContract, ATokenUpdateEndsTheImportOfItsChannelAlone) {
    (void)storage().import_enrollments(std::vector{mac, user}, ImportMode::apply);
    EXPECT_EQ(storage().store_token_update(token_update(mac_here, *mac.messages.token_update)), 4);
    expect_left_alone(mac);
    auto renamed = user;
    renamed.state.user_long_name = "New Name";
    EXPECT_EQ(import(renamed).enrollment, Outcome::updated);
    EXPECT_EQ(storage().store_token_update(token_update(user_here)), 3);
    expect_left_alone(renamed);
    EXPECT_EQ(storage().messages(mac_here.id).unlock_token, mac.messages.unlock_token)
        << "a TokenUpdate without one erases nothing";
}

TEST_P(ImportContinuedContract, ACheckOutEndsTheImport) {
    auto disabled = imported_device("DISABLED", 2);
    disabled.state.enabled = false;
    disabled.state.token_update_tally = 0;
    (void)storage().import_enrollments(std::vector{mac, user, disabled}, ImportMode::apply);
    storage().store_check_out(check_out(mac_here));
    storage().store_check_out(check_out(disabled.state.enrollment));
    expect_left_alone(mac);
    expect_left_alone(user);
    expect_left_alone(disabled);
    EXPECT_FALSE(storage().enrollment(mac_here.id)->enabled);
}

TEST_P(ImportContinuedContract, AUserThatCheckedOutLeavesItsDevice) {
    (void)storage().import_enrollments(std::vector{mac, user}, ImportMode::apply);
    storage().store_check_out(check_out(user_here));
    expect_left_alone(user);
    auto newer = mac;
    newer.state.token_update_tally = 5;
    EXPECT_EQ(import(newer).enrollment, Outcome::updated);
}

TEST_P(ImportContinuedContract, ATokenThatTheDeviceSentStays) {
    (void)storage().import_enrollments(std::vector{mac, user}, ImportMode::apply);
    storage().store_bootstrap_token(set_bootstrap_token(mac_here, "sent here"));
    storage().renew_certificate(mac_here.id, certificate(9));
    storage().store_user_authenticate(user_authenticate(user_here, "<sent here>", ""));
    for (int again = 0; again < 2; ++again) {
        EXPECT_EQ(import(mac).enrollment, Outcome::unchanged);
        EXPECT_EQ(import(user).enrollment, Outcome::unchanged);
        auto newer = mac;
        newer.bootstrap_token = "another of the other server";
        newer.identity_pem = "another of the other server";
        (void)import(newer);
        EXPECT_EQ(storage().bootstrap_token(mac_here.id), "sent here");
        EXPECT_EQ(storage().identity_pem(mac_here.id), certificate(9).pem);
        EXPECT_EQ(storage().messages(user_here.id).user_authenticate, "<sent here>");
        if (!reopen()) break;
    }
    storage().store_bootstrap_token(set_bootstrap_token(mac_here, ""));
    (void)import(mac);
    EXPECT_EQ(storage().bootstrap_token(mac_here.id), std::nullopt) << "it was removed by the device";
}

TEST_P(ImportContinuedContract, AUserThatAnnouncedItselfBeforeIsTakenOver) {
    (void)import(mac);
    storage().store_user_authenticate(user_authenticate(user_here, "<sent here>", ""));
    EXPECT_EQ(import(user).enrollment, Outcome::imported);
    const auto messages = storage().messages(user_here.id);
    EXPECT_EQ(messages.user_authenticate, "<sent here>");
    EXPECT_EQ(messages.user_authenticate_digest, user.messages.user_authenticate_digest);
    EXPECT_EQ(storage().enrollment(user_here.id)->push, user.state.push);
    EXPECT_EQ(import(user).enrollment, Outcome::unchanged);
    EXPECT_EQ(storage().messages(user_here.id).user_authenticate, "<sent here>");
}

TEST_P(ImportContinuedContract, LastSeenGoesOn) {
    (void)import(mac);
    storage().touch_last_seen(mac_here);
    EXPECT_TRUE(eventually([&] {
        const auto seen = storage().enrollment(mac_here.id)->last_seen_at;
        return seen && *seen > *mac.state.last_seen_at;
    }));
    EXPECT_EQ(import(mac).enrollment, Outcome::unchanged) << "having been seen is not having enrolled";
    EXPECT_GT(storage().enrollment(mac_here.id)->last_seen_at, mac.state.last_seen_at);
}

TEST_P(ImportContinuedContract, AnUnconfirmedEnrollmentIsDisabledByADeadToken) {
    auto doubtful = imported_device("DOUBTFUL", 2);
    doubtful.is_unconfirmed = true;
    doubtful.state.last_seen_at.reset();
    auto seen = imported_device("SEEN", 3);
    seen.is_unconfirmed = true;
    auto confirmed = imported_device("CONFIRMED", 4);
    confirmed.state.last_seen_at.reset();
    const std::vector all{doubtful, seen, confirmed};
    (void)storage().import_enrollments(all, ImportMode::apply);
    (void)reopen();
    EXPECT_EQ(storage().enrollment(doubtful.state.enrollment.id)->last_seen_at, std::nullopt);
    const auto is_enabled = [&](const ImportedEnrollment& one) {
        return storage().enrollment(one.state.enrollment.id)->enabled;
    };
    storage().mark_not_pushable(
        std::vector{DeadToken{doubtful.state.enrollment.id, PushToken{"not its token"}}});
    EXPECT_TRUE(is_enabled(doubtful));
    std::vector<DeadToken> dead;
    for (const auto& one : all) dead.push_back({one.state.enrollment.id, one.state.push->token});
    storage().mark_not_pushable(dead);
    EXPECT_FALSE(is_enabled(doubtful));
    EXPECT_TRUE(is_enabled(seen));
    EXPECT_TRUE(is_enabled(confirmed));
    for (int again = 0; again < 2; ++again) {
        for (const auto& outcome : storage().import_enrollments(all, ImportMode::apply))
            EXPECT_EQ(outcome.enrollment, Outcome::unchanged);
        EXPECT_FALSE(is_enabled(doubtful)) << "what APNs said is not undone";
        EXPECT_FALSE(storage().push_targets(std::vector{seen.state.enrollment.id})[0]->pushable);
        if (!reopen()) break;
    }
    auto replaced = doubtful;
    replaced.state.push->token = PushToken{"a new token"};
    EXPECT_EQ(import(replaced).enrollment, Outcome::updated);
    EXPECT_TRUE(is_enabled(doubtful));
    EXPECT_TRUE(storage().push_targets(std::vector{doubtful.state.enrollment.id})[0]->pushable);
    storage().store_token_update(token_update(doubtful.state.enrollment));
    storage().mark_not_pushable(std::vector{
        DeadToken{doubtful.state.enrollment.id, token_update(doubtful.state.enrollment).push.token}});
    EXPECT_TRUE(is_enabled(doubtful)) << "it was seen here";
}

TEST_P(ImportContinuedContract, OnlyWhomAnImportAllowedMayClaimItsFirstCertificate) {
    auto allowed = imported_device("ALLOWED", 2);
    allowed.certificate_hashes.clear();
    allowed.may_claim_first = true;
    auto settled = imported_device("SETTLED", 3);
    settled.may_claim_first = true;
    auto ordinary = imported_device("ORDINARY", 4);
    ordinary.certificate_hashes.clear();
    (void)storage().import_enrollments(std::vector{allowed, settled, ordinary}, ImportMode::apply);
    (void)reopen();
    const auto claim = [&](const ImportedEnrollment& one, unsigned number) {
        return storage().claim_certificate(one.state.enrollment.id, certificate_hash(number),
                                           ClaimRule::allowed_first);
    };
    EXPECT_EQ(claim(ordinary, 20), ClaimOutcome::not_allowed);
    EXPECT_EQ(claim(ordinary, 3), ClaimOutcome::not_allowed) << "not being allowed comes first";
    EXPECT_EQ(claim(imported_device("UNKNOWN", 5), 20), ClaimOutcome::not_allowed);
    EXPECT_EQ(claim(settled, 20), ClaimOutcome::device_has_another_certificate);
    EXPECT_EQ(claim(settled, 3), ClaimOutcome::already_associated);
    EXPECT_EQ(claim(allowed, 3), ClaimOutcome::certificate_of_another_device);
    EXPECT_EQ(claim(allowed, 20), ClaimOutcome::newly_associated);
    EXPECT_EQ(claim(allowed, 20), ClaimOutcome::already_associated);
    EXPECT_EQ(claim(allowed, 21), ClaimOutcome::device_has_another_certificate) << "once";
    EXPECT_TRUE(storage().is_associated(allowed.state.enrollment.id, certificate_hash(20)));
    EXPECT_FALSE(storage().is_associated(ordinary.state.enrollment.id, certificate_hash(20)));
    auto now_allowed = ordinary;
    now_allowed.may_claim_first = true;
    EXPECT_EQ(import(now_allowed).enrollment, Outcome::updated);
    storage().store_token_update(token_update(ordinary.state.enrollment)); // with the check switched off
    EXPECT_EQ(claim(ordinary, 22), ClaimOutcome::newly_associated);
}

TEST_P(ImportContinuedContract, OneOfManyRequestsClaimsTheCertificate) {
    auto allowed = imported_device("ALLOWED", 2);
    allowed.certificate_hashes.clear();
    allowed.may_claim_first = true;
    (void)import(allowed);
    std::atomic<int> granted = 0;
    in_parallel(6, [&](int i) {
        const auto outcome = storage().claim_certificate(allowed.state.enrollment.id,
                                                         certificate_hash(30U + static_cast<unsigned>(i)),
                                                         ClaimRule::allowed_first);
        if (outcome == ClaimOutcome::newly_associated) ++granted;
    });
    EXPECT_EQ(granted, 1);
}

} // namespace
} // namespace nanomdm::contract
