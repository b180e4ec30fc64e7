// Enqueueing: what each enrollment of a call gets, and what a command UUID stands for.
#include "contract/storage_contract.hpp"

#include <algorithm>

namespace nanomdm::contract {
namespace {

using testing::Each;
using testing::ElementsAre;
using enum EnqueueOutcome;

const Enrollment mac = device("A1B2");
const Enrollment anna = user_of(mac, "ANNA");
const Enrollment other_mac = device("C3D4");

/// The same UUID with other bytes.
Command other_bytes(const Command& command) { return {command.uuid, command.request_type, "<other/>"}; }

TEST_P(EnqueueContract, OutcomesComeInTheOrderOfTheIds) {
    const auto authenticated = device("authenticated");
    const auto checked_out = device("checked-out");
    for (const auto& one : {mac, checked_out}) enroll(one);
    storage().store_authenticate(authenticate(authenticated), "pem");
    storage().store_check_out(check_out(checked_out));
    const auto all = ids({device("unknown"), mac, authenticated, anna, mac, checked_out});
    EXPECT_THAT(storage().enqueue(command("c"), all),
                ElementsAre(enrollment_not_found, queued, enrollment_not_found, enrollment_not_found,
                            already_queued, enrollment_disabled));
    EXPECT_THAT(drain(mac), ElementsAre("c"));
    EXPECT_THAT(drain(authenticated), ElementsAre());
    EXPECT_THAT(drain(checked_out), ElementsAre());
}

TEST_P(EnqueueContract, ToNobodyIsNothing) {
    EXPECT_THAT(storage().enqueue(command("c"), {}), ElementsAre());
}

TEST_P(EnqueueContract, ToAUserChannelIsNotToItsDevice) {
    enroll(mac);
    add_user(anna);
    EXPECT_EQ(enqueue(command("c"), anna), queued);
    EXPECT_EQ(next(mac), "");
    EXPECT_EQ(next(anna), "c");
}

TEST_P(EnqueueContract, AgainWhilePendingChangesNothing) {
    enroll(mac);
    const auto all = commands("c", 2);
    for (const auto& one : all) enqueue(one, mac);
    EXPECT_EQ(enqueue(all[0], mac), already_queued);
    report(mac, all[0], "NotNow");
    EXPECT_EQ(enqueue(all[0], mac), already_queued) << "NotNow leaves it pending";
    EXPECT_EQ(storage().result(mac.id, all[0].uuid)->not_now_tally, 1) << "unchanged";
    EXPECT_THAT(drain(mac), ElementsAre("c1", "c2")) << "neither twice nor moved to the end";
}

TEST_P(EnqueueContract, AgainAfterItWasFinishedIsRefused) {
    enroll(mac);
    for (const auto* status : {"Acknowledged", "Error", "CommandFormatError", "Whatever"}) {
        const auto one = command(status);
        enqueue(one, mac);
        report(mac, one, status);
        EXPECT_EQ(enqueue(one, mac), uuid_already_used) << status;
        EXPECT_EQ(next(mac), "") << status;
    }
}

TEST_P(EnqueueContract, AgainAfterItWasClearedIsRefused) {
    enroll(mac);
    enqueue(command("c"), mac);
    enroll(mac);
    EXPECT_EQ(enqueue(command("c"), mac), uuid_already_used);
    EXPECT_EQ(next(mac), "");
}

TEST_P(EnqueueContract, TheSameCommandMayReachMoreEnrollmentsLater) {
    const auto third_mac = device("E5F6");
    for (const auto& one : {mac, other_mac, third_mac}) enroll(one);
    enqueue(command("shared"), mac);
    enqueue(command("own"), other_mac);
    EXPECT_THAT(storage().enqueue(command("shared"), ids({mac, other_mac})),
                ElementsAre(already_queued, queued));
    report(mac, command("shared"), "Acknowledged");
    EXPECT_THAT(storage().enqueue(command("shared"), ids({mac, other_mac, third_mac})),
                ElementsAre(uuid_already_used, already_queued, queued));
    EXPECT_THAT(drain(mac), ElementsAre());
    EXPECT_THAT(drain(other_mac), ElementsAre("own", "shared"));
    EXPECT_THAT(drain(third_mac), ElementsAre("shared"));
}

TEST_P(EnqueueContract, OtherBytesUnderAKnownUuidConflict) {
    for (const auto& one : {mac, other_mac}) enroll(one);
    const auto one = command("c");
    enqueue(one, mac);
    const auto expect_conflict = [&](const char* when) {
        try {
            storage().enqueue(other_bytes(one), ids({mac, other_mac}));
            FAIL() << "accepted " << when;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::conflict) << error.what();
        }
        EXPECT_EQ(next(other_mac), "") << when;
    };
    expect_conflict("while pending");
    EXPECT_EQ(storage().next_command(mac.id, NotNow::candidates), one);
    report(mac, one, "Acknowledged");
    expect_conflict("after it was finished");
    storage().store_authenticate(authenticate(mac), "pem");
    expect_conflict("after re-enrollment");
}

TEST_P(EnqueueContract, BytesDifferingInCaseOrTrailingSpaceConflict) {
    enroll(mac);
    const Command one{CommandUuid{"c"}, RequestType{"DeviceInformation"}, "<plist>Text</plist>"};
    enqueue(one, mac);
    for (const auto* raw : {"<plist>text</plist>", "<plist>Text</plist> ", "<plist>Text</plist>\n"}) {
        EXPECT_THROW(enqueue({one.uuid, one.request_type, raw}, mac), Error) << raw;
    }
}

TEST_P(EnqueueContract, ACommandNobodyGotLeavesItsUuidFree) {
    enroll(mac);
    EXPECT_EQ(enqueue(command("c"), device("mistyped")), enrollment_not_found);
    EXPECT_EQ(enqueue(other_bytes(command("c")), mac), queued);
    EXPECT_EQ(storage().next_command(mac.id, NotNow::candidates)->raw, "<other/>");
}

TEST_P(EnqueueContract, BetweenAuthenticateAndTokenUpdateIsDisabled) {
    enroll(mac);
    add_user(anna);
    storage().store_authenticate(authenticate(mac), "pem");
    EXPECT_THAT(storage().enqueue(command("c"), ids({mac, anna})),
                ElementsAre(enrollment_disabled, enrollment_disabled));
    storage().store_token_update(token_update(mac));
    EXPECT_THAT(storage().enqueue(command("c"), ids({mac, anna})), ElementsAre(queued, enrollment_disabled));
}

TEST_P(EnqueueContract, TwentyThousandIdsInOneCall) {
    constexpr int threads = 40; // so many share a flush
    constexpr int enrolled_each = 25;
    in_parallel(threads, [&](int thread) {
        for (int i = 0; i < enrolled_each; ++i) {
            enroll(device("enrolled" + std::to_string(thread * enrolled_each + i)));
        }
    });
    std::vector<EnrollmentId> all; // every 20th is enrolled
    for (int i = 0; i < 20'000; ++i) {
        all.emplace_back(i % 20 == 0 ? "enrolled" + std::to_string(i / 20) : "unknown" + std::to_string(i));
    }
    const auto outcomes = storage().enqueue(command("c"), all);
    ASSERT_EQ(outcomes.size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        ASSERT_EQ(outcomes[i], i % 20 == 0 ? queued : enrollment_not_found) << all[i].str();
    }
    for (int i = 0; i < threads * enrolled_each; ++i) {
        ASSERT_EQ(next(device("enrolled" + std::to_string(i))), "c") << i;
    }
    EXPECT_EQ(std::ranges::count(storage().enqueue(command("c"), all), already_queued), 1000);
}

TEST_P(EnqueueContract, TheSameIdTwentyThousandTimes) {
    enroll(mac);
    const std::vector<EnrollmentId> all(20'000, mac.id);
    const auto outcomes = storage().enqueue(command("c"), all);
    ASSERT_EQ(outcomes.size(), all.size());
    EXPECT_EQ(outcomes.front(), queued);
    EXPECT_THAT(std::span{outcomes}.subspan(1), Each(already_queued));
    EXPECT_THAT(drain(mac), ElementsAre("c"));
}

} // namespace
} // namespace nanomdm::contract
