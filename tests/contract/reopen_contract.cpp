// What was acknowledged is there after the store was closed and opened again.
#include "contract/storage_contract.hpp"

namespace nanomdm::contract {
namespace {

using std::string;
using testing::ElementsAre;
using testing::Optional;
using testing::UnorderedElementsAre;

const Enrollment mac = device("A1B2");
const Enrollment anna = user_of(mac, "ANNA");
const Enrollment other_mac = device("C3D4");

TEST_P(ReopenContract, AnEmptyStoreStaysEmpty) {
    EXPECT_FALSE(storage().enrollment(mac.id));
    EXPECT_THAT(storage().push_topics(), ElementsAre());
}

TEST_P(ReopenContract, EnrollmentsAsTheyWere) {
    const auto authenticated = device("authenticated");
    const auto checked_out = device("checked/out");
    const Enrollment byod{EnrollmentId{"BYOD"}, EnrollmentType::user_enrollment_device, std::nullopt};
    const Enrollment ipad_user{EnrollmentId{"A1B2:kim"}, EnrollmentType::shared_ipad, mac.id};
    storage().store_authenticate(authenticate(authenticated), "pem");
    for (const auto& one : {mac, checked_out, byod}) enroll(one);
    for (const auto& one : {anna, ipad_user}) add_user(one);
    storage().store_token_update(token_update(anna));
    storage().store_check_out(check_out(checked_out));
    const auto all = {authenticated, mac, checked_out, byod, anna, ipad_user};
    std::vector<EnrollmentState> before;
    for (const auto& one : all) before.push_back(storage().enrollment(one.id).value());

    ASSERT_TRUE(reopen());
    std::size_t i = 0;
    for (const auto& one : all) {
        const auto after = storage().enrollment(one.id);
        ASSERT_TRUE(after) << one.id.str();
        EXPECT_EQ(after->enrollment, one);
        EXPECT_EQ(after->enabled, before[i].enabled) << one.id.str();
        EXPECT_EQ(after->token_update_tally, before[i].token_update_tally) << one.id.str();
        EXPECT_EQ(after->serial_number, before[i].serial_number) << one.id.str();
        EXPECT_EQ(after->push, before[i].push) << one.id.str();
        EXPECT_EQ(after->user_short_name, before[i].user_short_name) << one.id.str();
        EXPECT_EQ(after->user_long_name, before[i].user_long_name) << one.id.str();
        EXPECT_EQ(after->last_seen_at, before[i].last_seen_at) << one.id.str();
        ++i;
    }
    EXPECT_EQ(storage().store_token_update(token_update(anna)), 3);
    storage().store_authenticate(authenticate(mac), "pem");
    EXPECT_FALSE(storage().enrollment(anna.id)->enabled) << "still known as a user of its device";
    EXPECT_FALSE(storage().enrollment(ipad_user.id)->enabled) << "still known as a user of its device";
}

TEST_P(ReopenContract, MessagesAndTokensByteForByte) {
    storage().store_authenticate(authenticate(mac, binary_bytes(5000)), "the pem");
    storage().store_token_update(token_update(mac, binary_bytes(1 << 20), binary_bytes(700)));
    storage().store_bootstrap_token(set_bootstrap_token(mac, binary_bytes(900)));
    storage().store_user_authenticate(user_authenticate(anna, "<first>", ""));
    storage().store_user_authenticate(user_authenticate(anna, "<digest>", "digest"));
    ASSERT_TRUE(reopen());
    EXPECT_TRUE(storage().messages(mac.id).authenticate == binary_bytes(5000));
    EXPECT_TRUE(storage().messages(mac.id).token_update == binary_bytes(1 << 20));
    EXPECT_TRUE(storage().messages(mac.id).unlock_token == binary_bytes(700));
    EXPECT_THAT(storage().identity_pem(mac.id), Optional(string{"the pem"}));
    EXPECT_TRUE(storage().bootstrap_token(mac.id) == binary_bytes(900));
    EXPECT_THAT(storage().messages(anna.id).user_authenticate, Optional(string{"<first>"}));
    EXPECT_THAT(storage().messages(anna.id).user_authenticate_digest, Optional(string{"<digest>"}));
}

TEST_P(ReopenContract, WhatWasForgottenStaysForgotten) {
    storage().store_authenticate(authenticate(mac), "pem");
    storage().store_token_update(token_update(mac, "<t>", "unlock me"));
    storage().store_bootstrap_token(set_bootstrap_token(mac, "escrowed"));
    enqueue(command("old"), mac);
    storage().store_authenticate(authenticate(mac), "pem");
    enroll(other_mac);
    storage().store_bootstrap_token(set_bootstrap_token(other_mac, "escrowed"));
    storage().store_bootstrap_token(set_bootstrap_token(other_mac, ""));
    ASSERT_TRUE(reopen());
    EXPECT_FALSE(storage().messages(mac.id).unlock_token);
    EXPECT_FALSE(storage().bootstrap_token(mac.id));
    EXPECT_FALSE(storage().bootstrap_token(other_mac.id));
    EXPECT_EQ(next(mac), "");
    EXPECT_FALSE(report(mac, command("old"), "Acknowledged"));
    EXPECT_EQ(storage().store_token_update(token_update(mac)), 1);
    EXPECT_EQ(enqueue(command("old"), mac), EnqueueOutcome::uuid_already_used);
}

TEST_P(ReopenContract, QueuesInOrderWithTheirHistory) {
    for (const auto& one : {mac, other_mac}) enroll(one);
    add_user(anna);
    for (int i = 12; i > 0; --i) storage().enqueue(command("c" + std::to_string(i)), ids({mac, anna}));
    report(mac, command("c12"), "Acknowledged", "<done>");
    report(mac, command("c11"), "NotNow", "<later>");
    report(mac, command("c11"), "NotNow", "<later still>");
    const auto not_now = storage().result(mac.id, CommandUuid{"c11"}).value();

    ASSERT_TRUE(reopen());
    EXPECT_EQ(storage().result(mac.id, CommandUuid{"c12"})->raw, "<done>");
    const auto after = storage().result(mac.id, CommandUuid{"c11"});
    ASSERT_TRUE(after);
    EXPECT_EQ(after->raw, "<later still>");
    EXPECT_EQ(after->not_now_tally, 2);
    EXPECT_EQ(after->first_not_now_at, not_now.first_not_now_at);
    EXPECT_EQ(storage().next_command(mac.id, NotNow::candidates), command("c11"));
    EXPECT_EQ(next(mac, NotNow::passed_over), "c10");
    EXPECT_EQ(enqueue(command("c12"), mac), EnqueueOutcome::uuid_already_used);
    EXPECT_EQ(enqueue(command("c12"), other_mac), EnqueueOutcome::queued);
    EXPECT_EQ(enqueue(command("c9"), mac), EnqueueOutcome::already_queued);
    EXPECT_THROW(enqueue({CommandUuid{"c12"}, RequestType{"T"}, "<other/>"}, other_mac), Error);
    enqueue(command("newest"), mac);
    EXPECT_THAT(drain(mac),
                ElementsAre("c11", "c10", "c9", "c8", "c7", "c6", "c5", "c4", "c3", "c2", "c1", "newest"));
    EXPECT_EQ(next(anna), "c12");

    ASSERT_TRUE(reopen());
    EXPECT_EQ(next(mac), "");
    EXPECT_TRUE(report(mac, command("c12"), "Error", "<repeated>"));
    EXPECT_EQ(storage().result(mac.id, CommandUuid{"c12"})->raw, "<repeated>");
    EXPECT_EQ(drain(anna).size(), 12U);
}

TEST_P(ReopenContract, CertificateAssociations) {
    enroll(mac);
    storage().claim_certificate(mac.id, certificate_hash(1), ClaimRule::unknown_certificate);
    storage().renew_certificate(mac.id, certificate(2));
    const EnrollmentId unenrolled{"not yet enrolled"};
    storage().claim_certificate(unenrolled, certificate_hash(3), ClaimRule::first_certificate);
    ASSERT_TRUE(reopen());
    for (const unsigned n : {1U, 2U}) EXPECT_TRUE(storage().is_associated(mac.id, certificate_hash(n)));
    EXPECT_TRUE(storage().is_associated(unenrolled, certificate_hash(3)));
    EXPECT_THAT(storage().identity_pem(mac.id), Optional(string{"pem 2"}));
    EXPECT_EQ(storage().claim_certificate(other_mac.id, certificate_hash(2), ClaimRule::unknown_certificate),
              ClaimOutcome::certificate_of_another_device);
    EXPECT_EQ(storage().claim_certificate(unenrolled, certificate_hash(4), ClaimRule::first_certificate),
              ClaimOutcome::device_has_another_certificate);
}

TEST_P(ReopenContract, PushDataAndCertificates) {
    const Topic topic{"com.apple.mgmt.External.one"};
    for (const auto& one : {mac, other_mac}) enroll(one);
    storage().mark_not_pushable(std::vector<DeadToken>{{mac.id, token_update(mac).push.token}});
    storage().store_push_certificate({topic, "certificate", "key"});
    storage().store_push_certificate({topic, "renewed", "renewed key"});
    const auto before = storage().push_targets(ids({mac, other_mac}));
    const auto version = storage().push_certificate_version(topic);

    ASSERT_TRUE(reopen());
    const auto after = storage().push_targets(ids({mac, other_mac}));
    ASSERT_TRUE(after[0] && after[1]);
    EXPECT_EQ(after[0]->info, before[0]->info);
    EXPECT_EQ(after[0]->token_updated_at, before[0]->token_updated_at);
    EXPECT_FALSE(after[0]->pushable);
    EXPECT_TRUE(after[1]->pushable);
    EXPECT_EQ(storage().push_certificate(topic)->certificate_pem, "renewed");
    EXPECT_EQ(storage().push_certificate(topic)->private_key_pem, "renewed key");
    EXPECT_THAT(storage().push_topics(), UnorderedElementsAre(topic));
    storage().store_push_certificate({topic, "third", "third key"});
    EXPECT_NE(storage().push_certificate_version(topic), version) << "a version never comes back";
}

TEST_P(ReopenContract, HostileNames) {
    const std::vector<string> names{"..",
                                    "a/../b",
                                    "ABC",
                                    "abc",
                                    "abc ",
                                    ".abc",
                                    "'",
                                    repeated("𝄞", 63),
                                    repeated("/", 255),
                                    repeated("x", 254) + "y",
                                    repeated("x", 254) + "Y"};
    for (const auto& name : names) {
        enroll(device(name));
        enqueue(command("own " + name.substr(0, 24)), device(name));
    }
    ASSERT_TRUE(reopen());
    for (const auto& name : names) {
        ASSERT_TRUE(storage().enrollment(EnrollmentId{name})) << name;
        EXPECT_EQ(next(device(name)), "own " + name.substr(0, 24)) << name;
    }
}

TEST_P(ReopenContract, ReopeningManyTimesChangesNothing) {
    enroll(mac);
    enqueue(command("c1"), mac);
    for (int i = 2; i <= 6; ++i) {
        ASSERT_TRUE(reopen());
        EXPECT_EQ(storage().store_token_update(token_update(mac)), i);
        enqueue(command("c" + std::to_string(i)), mac);
    }
    ASSERT_TRUE(reopen());
    EXPECT_THAT(drain(mac), ElementsAre("c1", "c2", "c3", "c4", "c5", "c6"));
}

} // namespace
} // namespace nanomdm::contract
