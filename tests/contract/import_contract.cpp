// Taking over enrollments: what of them is there afterwards, and what stays as it was. Their queues are in
// import_queue_contract.cpp.
#include "contract/imports.hpp"
#include "contract/storage_contract.hpp"

#include <stdexcept>

namespace nanomdm::contract {
namespace {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ImportContract);

using std::string;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using Outcome = ImportOutcome::Enrollment;

const ImportedEnrollment mac = imported_device("A1B2", 1);
const ImportedEnrollment user = imported_user(mac, "alice");
const Enrollment& mac_here = mac.state.enrollment;
const Enrollment& user_here = user.state.enrollment;

void expect_as_imported(AllStorage& storage, const ImportedEnrollment& imported) {
    const EnrollmentId& id = imported.state.enrollment.id;
    EXPECT_THAT(storage.enrollment(id), Optional(imported.state)) << id.str();
    const auto messages = storage.messages(id);
    EXPECT_EQ(messages.authenticate, imported.messages.authenticate);
    EXPECT_EQ(messages.token_update, imported.messages.token_update);
    EXPECT_EQ(messages.unlock_token, imported.messages.unlock_token);
    EXPECT_EQ(messages.user_authenticate, imported.messages.user_authenticate);
    EXPECT_EQ(messages.user_authenticate_digest, imported.messages.user_authenticate_digest);
    EXPECT_EQ(storage.identity_pem(id), imported.identity_pem);
    EXPECT_EQ(storage.bootstrap_token(id), imported.bootstrap_token);
    for (const auto& hash : imported.certificate_hashes) EXPECT_TRUE(storage.is_associated(id, hash));
}

TEST_P(ImportContract, EverythingOfAnEnrollmentComesOver) {
    const auto outcomes = storage().import_enrollments(std::vector{mac, user}, ImportMode::apply);
    ASSERT_EQ(outcomes.size(), 2U);
    EXPECT_EQ(outcomes[0].associations, 1U);
    EXPECT_TRUE(outcomes[0].has_bootstrap_token);
    EXPECT_EQ(outcomes[1].associations, 0U);
    EXPECT_FALSE(outcomes[1].has_bootstrap_token);
    for (const auto& outcome : outcomes) {
        EXPECT_EQ(outcome.enrollment, Outcome::imported);
        EXPECT_EQ(outcome.refusal, "");
        EXPECT_EQ(outcome.commands, 0U);
        EXPECT_THAT(outcome.hashes_of_others, IsEmpty());
        EXPECT_THAT(outcome.conflicting_commands, IsEmpty());
    }
    expect_as_imported(storage(), mac);
    expect_as_imported(storage(), user);
    const auto targets = storage().push_targets(std::vector{mac_here.id, user_here.id});
    ASSERT_TRUE(targets[0] && targets[1]);
    EXPECT_EQ(targets[0]->info, *mac.state.push);
    EXPECT_EQ(targets[0]->token_updated_at, *mac.token_updated_at);
    EXPECT_EQ(targets[1]->token_updated_at, *user.token_updated_at);
    EXPECT_TRUE(targets[0]->pushable);
    EXPECT_THAT(storage().devices_after(std::nullopt, 10), ElementsAre(mac.state));
    EXPECT_THAT(storage().user_channels(mac_here.id), ElementsAre(user.state));
    if (!reopen()) return;
    expect_as_imported(storage(), mac);
    expect_as_imported(storage(), user);
}

TEST_P(ImportContract, WhatIsAbsentStaysAbsent) {
    auto bare = imported_device("BARE", 2);
    bare.state.enabled = false;
    bare.state.token_update_tally = 0;
    bare.state.last_seen_at.reset();
    bare.state.serial_number.clear();
    bare.messages.token_update.reset();
    bare.messages.unlock_token.reset();
    bare.token_updated_at.reset();
    bare.identity_pem.reset();
    bare.bootstrap_token.reset();
    bare.certificate_hashes.clear();
    auto announced = imported_user(bare, "bob");
    announced.state.push.reset();
    announced.state.enabled = false;
    announced.state.token_update_tally = 0;
    announced.state.last_seen_at.reset();
    announced.messages.token_update.reset();
    announced.token_updated_at.reset();
    auto not_completed = imported_device("HALF", 3);
    not_completed.state.push.reset();
    not_completed.state.enabled = false;
    not_completed.state.token_update_tally = 0;
    not_completed.state.last_seen_at.reset();
    not_completed.messages.token_update.reset();
    not_completed.token_updated_at.reset();
    for (const auto& one : {bare, announced, not_completed}) {
        EXPECT_EQ(import(one).enrollment, Outcome::imported);
        expect_as_imported(storage(), one);
        EXPECT_EQ(import(one).enrollment, Outcome::unchanged) << one.state.enrollment.id.str();
        EXPECT_EQ(storage().push_targets(std::vector{one.state.enrollment.id}).front(), std::nullopt);
    }
    EXPECT_EQ(storage().store_token_update(token_update(not_completed.state.enrollment)), 1);
}

TEST_P(ImportContract, LookingAnswersTheSameAndStoresNothing) {
    auto rival = imported_device("RIVAL", 1); // the same certificate as the first
    rival.commands = {pending(command("X"))};
    auto first = mac;
    first.commands = {pending({CommandUuid{"X"}, RequestType{"Other"}, "<plist>others</plist>"})};
    const std::vector all{first, user, rival};
    const auto foreseen = storage().import_enrollments(all, ImportMode::look);
    EXPECT_EQ(storage().enrollment(mac_here.id), std::nullopt);
    EXPECT_EQ(storage().enrollment(user_here.id), std::nullopt);
    EXPECT_EQ(storage().device_of_certificate(certificate_hash(1)), std::nullopt);
    const auto done = storage().import_enrollments(all, ImportMode::apply);
    ASSERT_EQ(foreseen.size(), done.size());
    for (std::size_t i = 0; i < done.size(); ++i) {
        EXPECT_EQ(foreseen[i].enrollment, done[i].enrollment);
        EXPECT_EQ(foreseen[i].commands, done[i].commands);
        EXPECT_EQ(foreseen[i].associations, done[i].associations);
        EXPECT_EQ(foreseen[i].has_bootstrap_token, done[i].has_bootstrap_token);
        EXPECT_EQ(foreseen[i].hashes_of_others, done[i].hashes_of_others);
        EXPECT_EQ(foreseen[i].conflicting_commands, done[i].conflicting_commands);
    }
    EXPECT_THAT(done[2].hashes_of_others, ElementsAre(certificate_hash(1)));
    EXPECT_THAT(done[2].conflicting_commands, ElementsAre(CommandUuid{"X"}));
    EXPECT_EQ(done[2].commands, 0U);
    EXPECT_EQ(storage().import_enrollments(all, ImportMode::look)[0].enrollment, Outcome::unchanged);
}

TEST_P(ImportContract, ImportingAgainChangesNothing) {
    auto device = mac;
    device.commands = {pending(command("1")), not_now(command("2"), 4), finished(command("3"))};
    const std::vector all{device, user};
    (void)storage().import_enrollments(all, ImportMode::apply);
    for (int again = 0; again < 2; ++again) {
        for (const auto& outcome : storage().import_enrollments(all, ImportMode::apply)) {
            EXPECT_EQ(outcome.enrollment, Outcome::unchanged);
            EXPECT_EQ(outcome.commands, 0U);
            EXPECT_EQ(outcome.associations, 0U);
            EXPECT_FALSE(outcome.has_bootstrap_token);
        }
        expect_as_imported(storage(), device);
        expect_as_imported(storage(), user);
        if (!reopen()) break;
    }
    EXPECT_THAT(drain(mac_here), ElementsAre("1", "2"));
}

TEST_P(ImportContract, WhatDiffersIsBroughtUpToDate) {
    (void)import(mac);
    auto newer = imported_device("A1B2", 2);
    newer.messages.token_update = "<another>";
    newer.state.push->token = PushToken{"another token"};
    newer.token_updated_at = at_second(1'650'000'000);
    newer.state.token_update_tally = 4;
    newer.state.last_seen_at = at_second(1'710'000'000);
    newer.bootstrap_token = "another bootstrap token";
    newer.identity_pem = "another pem";
    EXPECT_EQ(import(newer).enrollment, Outcome::updated);
    expect_as_imported(storage(), newer);
    EXPECT_TRUE(storage().is_associated(mac_here.id, certificate_hash(1))) << "associations are added";
    EXPECT_EQ(storage().push_targets(std::vector{mac_here.id})[0]->token_updated_at, *newer.token_updated_at);

    (void)storage().import_enrollments(std::vector{user}, ImportMode::apply);
    auto renamed = user;
    renamed.state.user_long_name = "New Name";
    EXPECT_EQ(import(renamed).enrollment, Outcome::updated);
    expect_as_imported(storage(), renamed);
    newer.state.enabled = false;
    EXPECT_EQ(import(newer).enrollment, Outcome::updated) << "it has left the other server meanwhile";
    EXPECT_FALSE(storage().enrollment(mac_here.id)->enabled);
}

TEST_P(ImportContract, NothingIsForgottenOrLowered) {
    (void)import(mac);
    auto older = mac;
    older.state.token_update_tally = 1;
    older.state.last_seen_at = at_second(1'500'000'000);
    older.token_updated_at = at_second(1'500'000'000);
    older.state.serial_number.clear();
    older.messages.unlock_token.reset();
    older.messages.token_update.reset();
    older.identity_pem.reset();
    older.bootstrap_token.reset();
    older.certificate_hashes.clear();
    EXPECT_EQ(import(older).enrollment, Outcome::unchanged);
    expect_as_imported(storage(), mac);
    older.state.last_seen_at.reset();
    older.token_updated_at.reset();
    EXPECT_EQ(import(older).enrollment, Outcome::unchanged);
    expect_as_imported(storage(), mac);
}

TEST_P(ImportContract, AUserNeedsItsDevice) {
    const std::vector all{mac, imported_user(imported_device("NOBODY", 5), "bob"), user};
    const auto outcomes = storage().import_enrollments(all, ImportMode::apply);
    EXPECT_EQ(outcomes[0].enrollment, Outcome::imported);
    EXPECT_EQ(outcomes[1].enrollment, Outcome::refused);
    EXPECT_THAT(outcomes[1].refusal, HasSubstr("device"));
    EXPECT_EQ(outcomes[2].enrollment, Outcome::imported) << "it holds up no other";
    expect_as_imported(storage(), mac);
    expect_as_imported(storage(), user);
    EXPECT_EQ(storage().enrollment(all[1].state.enrollment.id), std::nullopt);
    EXPECT_EQ(look(all[1]).enrollment, Outcome::imported) << "a call before may have brought its device";
}

TEST_P(ImportContract, WhatNoStorageCanKeepIsRefused) {
    auto silent = imported_device("SILENT", 6);
    silent.messages.authenticate.reset();
    auto misspelled = imported_device("MISSPELLED", 7);
    misspelled.certificate_hashes = {"ABC"};
    auto wordy = imported_device("WORDY", 8);
    wordy.state.serial_number = repeated("é", 128);
    const std::vector all{silent, mac, misspelled, wordy, user};
    for (const auto mode : {ImportMode::look, ImportMode::apply}) {
        const auto outcomes = storage().import_enrollments(all, mode);
        for (const std::size_t i : {0U, 2U, 3U}) {
            EXPECT_EQ(outcomes[i].enrollment, Outcome::refused) << i;
            EXPECT_FALSE(outcomes[i].refusal.empty());
            EXPECT_EQ(storage().enrollment(all[i].state.enrollment.id), std::nullopt);
        }
        EXPECT_EQ(outcomes[1].enrollment, Outcome::imported);
        EXPECT_EQ(outcomes[4].enrollment, Outcome::imported);
    }
}

TEST_P(ImportContract, ACertificateOfAnotherDeviceStaysItsOwn) {
    storage().claim_certificate(EnrollmentId{"OTHER"}, certificate_hash(1), ClaimRule::unknown_certificate);
    auto device = mac;
    device.certificate_hashes = {certificate_hash(1), certificate_hash(2), certificate_hash(2)};
    for (const auto expected : {Outcome::imported, Outcome::unchanged}) {
        const auto outcome = import(device);
        EXPECT_EQ(outcome.enrollment, expected);
        EXPECT_THAT(outcome.hashes_of_others, ElementsAre(certificate_hash(1)));
        EXPECT_EQ(outcome.associations, expected == Outcome::imported ? 1U : 0U);
    }
    EXPECT_FALSE(storage().is_associated(mac_here.id, certificate_hash(1)));
    EXPECT_TRUE(storage().is_associated(mac_here.id, certificate_hash(2)));
    EXPECT_EQ(storage().device_of_certificate(certificate_hash(2)), mac_here.id);
    EXPECT_EQ(storage().claim_certificate(EnrollmentId{"OTHER"}, certificate_hash(2),
                                          ClaimRule::unknown_certificate),
              ClaimOutcome::certificate_of_another_device);
}

TEST_P(ImportContract, HostileBytesComeOverAsTheyAre) {
    auto device = imported_device("ID with 'quotes' and \"more\" / ../", 8);
    device.messages.authenticate = binary_bytes(70'000);
    device.messages.token_update = string{"\0<plist>", 8};
    device.identity_pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    device.state.serial_number = "O'Neil; DROP TABLE devices";
    device.commands = {pending({CommandUuid{"'; --"}, RequestType{"Type"}, binary_bytes(3000)})};
    EXPECT_EQ(import(device).enrollment, Outcome::imported);
    expect_as_imported(storage(), device);
    EXPECT_EQ(storage().next_command(device.state.enrollment.id, NotNow::candidates)->raw,
              binary_bytes(3000));
    EXPECT_EQ(import(device).enrollment, Outcome::unchanged);
}

TEST_P(ImportContract, ManyAtOnceFromManyThreads) {
    constexpr int threads = 4;
    constexpr int batches = 3;
    constexpr int batch_size = 20;
    const auto batch_of = [](int thread, int batch) {
        std::vector<ImportedEnrollment> all;
        for (int i = 0; i < batch_size; ++i) {
            const int number = (thread * batches + batch) * batch_size + i;
            all.push_back(
                imported_device("D" + std::to_string(number), 100U + static_cast<unsigned>(number)));
            all.back().commands = {pending(command("shared")),
                                   pending(command("own " + std::to_string(number)))};
            all.push_back(imported_user(all.back(), "user"));
        }
        return all;
    };
    for (const auto expected : {Outcome::imported, Outcome::unchanged}) {
        in_parallel(threads, [&](int thread) {
            for (int batch = 0; batch < batches; ++batch) {
                for (const auto& outcome :
                     storage().import_enrollments(batch_of(thread, batch), ImportMode::apply))
                    if (outcome.enrollment != expected) throw std::runtime_error{"an unexpected outcome"};
            }
        });
    }
    for (int number = 0; number < threads * batches * batch_size; number += 7) {
        const Enrollment one = device("D" + std::to_string(number));
        EXPECT_EQ(storage().user_channels(one.id).size(), 1U);
        EXPECT_THAT(drain(one), ElementsAre("shared", "own " + std::to_string(number)));
    }
}

} // namespace
} // namespace nanomdm::contract
