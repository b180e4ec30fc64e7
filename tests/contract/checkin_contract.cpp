// Authenticate, TokenUpdate, CheckOut and UserAuthenticate: what each sets, keeps and forgets.
#include "contract/storage_contract.hpp"

namespace nanomdm::contract {
namespace {

using std::string;
using testing::ElementsAre;
using testing::Optional;

const Enrollment mac = device("A1B2");
const Enrollment anna = user_of(mac, "ANNA");
const Enrollment bert = user_of(mac, "BERT");
const Enrollment other_mac = device("C3D4");
const Enrollment other_user = user_of(other_mac, "ANNA");

TEST_P(CheckInContract, UnknownEnrollmentHasNothing) {
    EXPECT_FALSE(storage().enrollment(mac.id));
    EXPECT_FALSE(storage().identity_pem(mac.id));
    EXPECT_FALSE(storage().bootstrap_token(mac.id));
    const auto messages = storage().messages(mac.id);
    EXPECT_FALSE(messages.authenticate || messages.token_update || messages.unlock_token);
    EXPECT_FALSE(messages.user_authenticate || messages.user_authenticate_digest);
}

TEST_P(CheckInContract, AuthenticateAloneIsThereAndDisabled) {
    storage().store_authenticate(authenticate(mac, "<raw>"), "the pem");

    const auto state = storage().enrollment(mac.id);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->enrollment, mac);
    EXPECT_FALSE(state->enabled);
    EXPECT_EQ(state->token_update_tally, 0);
    EXPECT_EQ(state->serial_number, "SERIAL1");
    EXPECT_FALSE(state->push);
    EXPECT_THAT(storage().identity_pem(mac.id), Optional(string{"the pem"}));
    EXPECT_THAT(storage().messages(mac.id).authenticate, Optional(string{"<raw>"}));
    EXPECT_FALSE(storage().messages(mac.id).token_update);
}

TEST_P(CheckInContract, AuthenticateWithoutCertificateHasNoIdentity) {
    storage().store_authenticate(authenticate(mac), "");
    EXPECT_FALSE(storage().identity_pem(mac.id));
    EXPECT_EQ(storage().store_token_update(token_update(mac)), 1);
}

TEST_P(CheckInContract, TokenUpdateEnables) {
    storage().store_authenticate(authenticate(mac), "pem");
    const auto before = std::chrono::system_clock::now();
    const auto message = token_update(mac, "<raw token update>", "unlock me");
    EXPECT_EQ(storage().store_token_update(message), 1);

    const auto state = storage().enrollment(mac.id);
    ASSERT_TRUE(state);
    EXPECT_TRUE(state->enabled);
    EXPECT_EQ(state->token_update_tally, 1);
    EXPECT_EQ(state->push, message.push);
    EXPECT_EQ(state->serial_number, "SERIAL1");
    ASSERT_TRUE(state->last_seen_at);
    EXPECT_GE(*state->last_seen_at, before - std::chrono::seconds{2}); // a backend may keep whole seconds
    EXPECT_LE(*state->last_seen_at, std::chrono::system_clock::now() + std::chrono::seconds{2});
    EXPECT_THAT(storage().messages(mac.id).token_update, Optional(string{"<raw token update>"}));
    EXPECT_THAT(storage().messages(mac.id).unlock_token, Optional(string{"unlock me"}));
}

TEST_P(CheckInContract, EachTokenUpdateCountsAndReplaces) {
    enroll(mac);
    auto message = token_update(mac, "<second>");
    message.push.magic = PushMagic{"second magic"};
    message.push.token = PushToken{binary_bytes(127)};
    message.push.topic = Topic{"com.apple.mgmt.External.second"};
    EXPECT_EQ(storage().store_token_update(message), 2);
    EXPECT_EQ(storage().store_token_update(message), 3);

    const auto state = storage().enrollment(mac.id);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->token_update_tally, 3);
    EXPECT_EQ(state->push, message.push);
    EXPECT_THAT(storage().messages(mac.id).token_update, Optional(string{"<second>"}));
}

TEST_P(CheckInContract, TokenUpdateWithoutUnlockTokenKeepsTheOldOne) {
    storage().store_authenticate(authenticate(mac), "pem");
    storage().store_token_update(token_update(mac, "<first>", binary_bytes(300)));
    storage().store_token_update(token_update(mac, "<second>"));
    EXPECT_THAT(storage().messages(mac.id).unlock_token, Optional(binary_bytes(300)));

    storage().store_token_update(token_update(mac, "<third>", "newer"));
    EXPECT_THAT(storage().messages(mac.id).unlock_token, Optional(string{"newer"}));
}

TEST_P(CheckInContract, TokenUpdateWithoutAuthenticateIsInvalid) {
    for (const auto& enrollment : {mac, anna}) {
        try {
            storage().store_token_update(token_update(enrollment));
            FAIL() << "accepted " << enrollment.id.str();
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::invalid) << error.what();
        }
        EXPECT_FALSE(storage().enrollment(enrollment.id));
    }
    EXPECT_FALSE(storage().enrollment(mac.id)) << "a user's message must not make its device";
}

TEST_P(CheckInContract, UserChannelHasItsOwnState) {
    enroll(mac);
    const auto message = token_update(anna, "<anna>");
    EXPECT_EQ(storage().store_token_update(message), 1);
    storage().store_token_update(token_update(anna, "<anna again>"));

    const auto state = storage().enrollment(anna.id);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->enrollment, anna);
    EXPECT_TRUE(state->enabled);
    EXPECT_EQ(state->token_update_tally, 2);
    EXPECT_EQ(state->push, message.push);
    EXPECT_EQ(state->serial_number, "");
    EXPECT_EQ(state->user_short_name, "short");
    EXPECT_EQ(state->user_long_name, "Long Name");
    EXPECT_THAT(storage().messages(anna.id).token_update, Optional(string{"<anna again>"}));
    EXPECT_EQ(storage().enrollment(mac.id)->token_update_tally, 1);
    EXPECT_THAT(storage().messages(mac.id).token_update, Optional(string{"<token update>"}));
}

TEST_P(CheckInContract, UserChannelMayComeBeforeItsDevicesTokenUpdate) {
    storage().store_authenticate(authenticate(mac), "pem");
    EXPECT_EQ(storage().store_token_update(token_update(anna)), 1);
    EXPECT_TRUE(storage().enrollment(anna.id)->enabled);
    EXPECT_FALSE(storage().enrollment(mac.id)->enabled);
}

TEST_P(CheckInContract, EveryTypeComesBackAsStored) {
    const Enrollment byod{EnrollmentId{"BYOD"}, EnrollmentType::user_enrollment_device, std::nullopt};
    const Enrollment byod_user{EnrollmentId{"BYOD:U"}, EnrollmentType::user_enrollment, byod.id};
    const Enrollment ipad_user{EnrollmentId{"A1B2:kim"}, EnrollmentType::shared_ipad, mac.id};
    enroll(mac);
    enroll(byod);
    add_user(byod_user);
    add_user(ipad_user);
    for (const auto& enrollment : {mac, byod, byod_user, ipad_user}) {
        const auto state = storage().enrollment(enrollment.id);
        ASSERT_TRUE(state) << enrollment.id.str();
        EXPECT_EQ(state->enrollment, enrollment) << enrollment.id.str();
    }
}

TEST_P(CheckInContract, AuthenticateStartsANewEnrollment) {
    enroll(mac);
    storage().store_token_update(token_update(mac, "<t>", "unlock me"));
    storage().store_bootstrap_token(set_bootstrap_token(mac, "escrowed"));
    add_user(anna);
    auto again = authenticate(mac, "<second>");
    again.serial_number = SerialNumber{"SERIAL2"};
    storage().store_authenticate(again, "second pem");

    const auto state = storage().enrollment(mac.id);
    ASSERT_TRUE(state);
    EXPECT_FALSE(state->enabled);
    EXPECT_EQ(state->token_update_tally, 0);
    EXPECT_EQ(state->serial_number, "SERIAL2");
    EXPECT_FALSE(storage().bootstrap_token(mac.id));
    EXPECT_FALSE(storage().messages(mac.id).unlock_token);
    EXPECT_THAT(storage().messages(mac.id).authenticate, Optional(string{"<second>"}));
    EXPECT_THAT(storage().identity_pem(mac.id), Optional(string{"second pem"}));
    EXPECT_FALSE(storage().enrollment(anna.id)->enabled);
    EXPECT_EQ(storage().enrollment(anna.id)->token_update_tally, 0);

    EXPECT_EQ(storage().store_token_update(token_update(mac)), 1);
    EXPECT_FALSE(storage().messages(mac.id).unlock_token) << "forgotten, not hidden";
    EXPECT_FALSE(storage().bootstrap_token(mac.id)) << "forgotten, not hidden";
    EXPECT_FALSE(storage().enrollment(anna.id)->enabled) << "each user channel enrolls again by itself";
    EXPECT_EQ(storage().store_token_update(token_update(anna)), 1);
}

TEST_P(CheckInContract, AuthenticateLeavesOtherDevicesAlone) {
    for (const auto& one : {mac, other_mac}) enroll(one);
    for (const auto& one : {anna, other_user}) add_user(one);
    storage().store_bootstrap_token(set_bootstrap_token(other_mac, "escrowed"));
    for (const auto& one : {mac, anna, other_mac, other_user}) enqueue(command("c"), one);

    storage().store_authenticate(authenticate(mac), "pem");

    for (const auto& one : {other_mac, other_user}) {
        EXPECT_TRUE(storage().enrollment(one.id)->enabled) << one.id.str();
        EXPECT_EQ(storage().enrollment(one.id)->token_update_tally, 1) << one.id.str();
        EXPECT_EQ(next(one), "c") << one.id.str();
    }
    EXPECT_THAT(storage().bootstrap_token(other_mac.id), Optional(string{"escrowed"}));
}

TEST_P(CheckInContract, AuthenticateClearsTheQueuesOfDeviceAndUsers) {
    enroll(mac);
    for (const auto& user : {anna, bert}) add_user(user);
    const auto all = commands("c", 4);
    for (const auto& one : {mac, anna, bert}) {
        for (const auto& each : all) enqueue(each, one);
        report(one, all[0], "Acknowledged", "<done>");
        report(one, all[1], "NotNow", "<later>");
    }
    storage().store_authenticate(authenticate(mac), "pem");
    for (const auto& one : {mac, anna, bert}) {
        EXPECT_EQ(next(one), "") << one.id.str();
        EXPECT_EQ(storage().result(one.id, all[0].uuid)->raw, "<done>") << "history stays";
        EXPECT_EQ(storage().result(one.id, all[1].uuid)->raw, "<later>") << "history stays";
        EXPECT_FALSE(report(one, all[1], "Acknowledged", "<late>")) << "a cleared command";
        EXPECT_FALSE(report(one, all[2], "Acknowledged", "<late>")) << "a cleared command";
        EXPECT_EQ(storage().result(one.id, all[1].uuid)->raw, "<later>") << "nothing stored";
        EXPECT_FALSE(storage().result(one.id, all[2].uuid)) << "nothing stored";
    }
    for (const auto& one : {mac, anna}) storage().store_token_update(token_update(one));
    for (const auto& one : {mac, anna}) {
        EXPECT_EQ(next(one), "") << "cleared, not hidden";
        EXPECT_EQ(enqueue(all[2], one), EnqueueOutcome::uuid_already_used);
        EXPECT_EQ(enqueue(command("new"), one), EnqueueOutcome::queued);
        EXPECT_THAT(drain(one), ElementsAre("new"));
    }
}

TEST_P(CheckInContract, DeviceCheckOutDisablesItsUsersToo) {
    for (const auto& one : {mac, other_mac}) enroll(one);
    for (const auto& one : {anna, bert, other_user}) add_user(one);
    storage().store_check_out(check_out(mac));
    for (const auto& one : {mac, anna, bert}) {
        EXPECT_FALSE(storage().enrollment(one.id)->enabled) << one.id.str();
        EXPECT_EQ(storage().enrollment(one.id)->token_update_tally, 0) << one.id.str();
    }
    for (const auto& one : {other_mac, other_user}) {
        EXPECT_TRUE(storage().enrollment(one.id)->enabled) << one.id.str();
    }
}

TEST_P(CheckInContract, UserCheckOutDisablesThatUserAlone) {
    enroll(mac);
    for (const auto& one : {anna, bert}) add_user(one);
    storage().store_check_out(check_out(anna));
    EXPECT_FALSE(storage().enrollment(anna.id)->enabled);
    EXPECT_EQ(storage().enrollment(anna.id)->token_update_tally, 0);
    for (const auto& one : {mac, bert}) {
        EXPECT_TRUE(storage().enrollment(one.id)->enabled) << one.id.str();
        EXPECT_EQ(storage().enrollment(one.id)->token_update_tally, 1) << one.id.str();
    }
}

TEST_P(CheckInContract, CheckOutOfTheUnknownIsIgnored) {
    EXPECT_NO_THROW(storage().store_check_out(check_out(mac)));
    EXPECT_NO_THROW(storage().store_check_out(check_out(anna)));
    EXPECT_FALSE(storage().enrollment(mac.id));
    EXPECT_FALSE(storage().enrollment(anna.id));
}

TEST_P(CheckInContract, TokenUpdateAfterCheckOutEnablesAgain) {
    enroll(mac);
    storage().store_token_update(token_update(mac));
    add_user(anna);
    storage().store_check_out(check_out(mac));
    EXPECT_EQ(storage().store_token_update(token_update(mac)), 1);
    EXPECT_TRUE(storage().enrollment(mac.id)->enabled);
    EXPECT_FALSE(storage().enrollment(anna.id)->enabled);
    EXPECT_EQ(storage().store_token_update(token_update(anna)), 1);
}

TEST_P(CheckInContract, CheckOutKeepsQueueTokensAndMessages) {
    storage().store_authenticate(authenticate(mac, "<a>"), "pem");
    storage().store_token_update(token_update(mac, "<t>", "unlock me"));
    storage().store_bootstrap_token(set_bootstrap_token(mac, "escrowed"));
    enqueue(command("c"), mac);
    storage().store_check_out(check_out(mac));
    EXPECT_EQ(next(mac), "c") << "a device that still reports is still served";
    EXPECT_THAT(storage().bootstrap_token(mac.id), Optional(string{"escrowed"}));
    EXPECT_THAT(storage().messages(mac.id).unlock_token, Optional(string{"unlock me"}));
    EXPECT_THAT(storage().messages(mac.id).authenticate, Optional(string{"<a>"}));
    EXPECT_TRUE(report(mac, command("c"), "Acknowledged"));
    EXPECT_EQ(next(mac), "");
}

TEST_P(CheckInContract, UserAuthenticateKeepsBothMessagesSideBySide) {
    storage().store_authenticate(authenticate(mac), "pem");
    storage().store_user_authenticate(user_authenticate(anna, "<first>", ""));
    EXPECT_THAT(storage().messages(anna.id).user_authenticate, Optional(string{"<first>"}));
    EXPECT_FALSE(storage().messages(anna.id).user_authenticate_digest);

    storage().store_user_authenticate(user_authenticate(anna, "<with digest>", "digest"));
    EXPECT_THAT(storage().messages(anna.id).user_authenticate, Optional(string{"<first>"}));
    EXPECT_THAT(storage().messages(anna.id).user_authenticate_digest, Optional(string{"<with digest>"}));

    storage().store_user_authenticate(user_authenticate(anna, "<first again>", ""));
    EXPECT_THAT(storage().messages(anna.id).user_authenticate, Optional(string{"<first again>"}));
}

TEST_P(CheckInContract, UserAuthenticateIsNotYetAnEnrollment) {
    enroll(mac);
    storage().store_user_authenticate(user_authenticate(anna, "<first>", ""));
    EXPECT_EQ(enqueue(command("c"), anna), EnqueueOutcome::enrollment_not_found);
    EXPECT_FALSE(storage().push_targets(std::vector{anna.id}).at(0));

    EXPECT_EQ(storage().store_token_update(token_update(anna)), 1);
    EXPECT_THAT(storage().messages(anna.id).user_authenticate, Optional(string{"<first>"}));
}

TEST_P(CheckInContract, UserAuthenticateWithoutTheDevicesAuthenticateIsInvalid) {
    try {
        storage().store_user_authenticate(user_authenticate(anna, "<first>", ""));
        FAIL() << "accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::invalid) << error.what();
    }
    EXPECT_FALSE(storage().messages(anna.id).user_authenticate);
}

TEST_P(CheckInContract, TouchingMovesLastSeenOfThatEnrollmentAlone) {
    enroll(mac);
    add_user(anna);
    const auto device_seen = storage().enrollment(mac.id)->last_seen_at.value();
    const auto user_seen = storage().enrollment(anna.id)->last_seen_at.value();
    EXPECT_TRUE(eventually([&] {
        storage().touch_last_seen(anna);
        return storage().enrollment(anna.id)->last_seen_at > user_seen;
    }));
    EXPECT_EQ(storage().enrollment(mac.id)->last_seen_at, device_seen);
}

TEST_P(CheckInContract, TouchingTheUnknownMakesNothing) {
    storage().touch_last_seen(mac);
    storage().touch_last_seen(anna);
    EXPECT_FALSE(storage().enrollment(mac.id));
    EXPECT_FALSE(storage().enrollment(anna.id));
}

TEST_P(CheckInContract, LargeMessagesAreNotCut) {
    const string megabyte = "<" + repeated("ü", 1 << 19) + ">";
    storage().store_authenticate(authenticate(mac, megabyte), repeated("pem ", 40'000));
    storage().store_token_update(token_update(mac, "2" + megabyte, binary_bytes(200'000)));
    storage().store_user_authenticate(user_authenticate(anna, "3" + megabyte, ""));
    storage().store_user_authenticate(user_authenticate(anna, "4" + megabyte, "digest"));
    EXPECT_TRUE(storage().messages(mac.id).authenticate == megabyte);
    EXPECT_TRUE(storage().messages(mac.id).token_update == "2" + megabyte);
    EXPECT_TRUE(storage().messages(mac.id).unlock_token == binary_bytes(200'000));
    EXPECT_TRUE(storage().identity_pem(mac.id) == repeated("pem ", 40'000));
    EXPECT_TRUE(storage().messages(anna.id).user_authenticate == "3" + megabyte);
    EXPECT_TRUE(storage().messages(anna.id).user_authenticate_digest == "4" + megabyte);
}

TEST_P(CheckInContract, BinaryMessagesComeBackByteForByte) {
    storage().store_authenticate(authenticate(mac, "bplist00" + binary_bytes(3000)), "pem");
    storage().store_token_update(token_update(mac, "bplist00" + binary_bytes(4000)));
    storage().store_user_authenticate(user_authenticate(anna, "bplist00" + binary_bytes(5000), ""));
    EXPECT_TRUE(storage().messages(mac.id).authenticate == "bplist00" + binary_bytes(3000));
    EXPECT_TRUE(storage().messages(mac.id).token_update == "bplist00" + binary_bytes(4000));
    EXPECT_TRUE(storage().messages(anna.id).user_authenticate == "bplist00" + binary_bytes(5000));
}

} // namespace
} // namespace nanomdm::contract
