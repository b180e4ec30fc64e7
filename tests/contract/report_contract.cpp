// Storing reports: what is kept, what finishes a command, what is not ours.
#include "contract/storage_contract.hpp"

namespace nanomdm::contract {
namespace {

const Enrollment mac = device("A1B2");
const Enrollment anna = user_of(mac, "ANNA");
const Enrollment other_mac = device("C3D4");
const Command one = command("c");

TEST_P(ReportContract, NoResultBeforeTheReport) {
    EXPECT_FALSE(storage().result(mac.id, one.uuid));
    enroll(mac);
    enqueue(one, mac);
    EXPECT_FALSE(storage().result(mac.id, one.uuid));
}

TEST_P(ReportContract, EveryStatusButNotNowFinishes) {
    enroll(mac);
    const std::string longest = repeated("𝄞", 31);
    for (const auto& status : {std::string{"Acknowledged"}, std::string{"Error"},
                               std::string{"CommandFormatError"}, std::string{"notnow"}, longest}) {
        const auto each = command("for " + status);
        enqueue(each, mac);
        EXPECT_TRUE(report(mac, each, status, "<" + status + ">"));
        const auto result = storage().result(mac.id, each.uuid);
        ASSERT_TRUE(result) << status;
        EXPECT_EQ(result->status.str(), status);
        EXPECT_EQ(result->raw, "<" + status + ">");
        EXPECT_EQ(result->not_now_tally, 0);
        EXPECT_FALSE(result->first_not_now_at);
        EXPECT_EQ(next(mac), "") << status;
    }
}

TEST_P(ReportContract, NotNowKeepsPendingAndCounts) {
    enroll(mac);
    enqueue(one, mac);
    const auto before = std::chrono::system_clock::now();
    EXPECT_TRUE(report(mac, one, "NotNow", "<1>"));
    const auto first = storage().result(mac.id, one.uuid);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->status.str(), "NotNow");
    EXPECT_EQ(first->not_now_tally, 1);
    ASSERT_TRUE(first->first_not_now_at);
    EXPECT_GE(*first->first_not_now_at, before - std::chrono::seconds{2}); // whole seconds are enough
    EXPECT_LE(*first->first_not_now_at, std::chrono::system_clock::now() + std::chrono::seconds{2});

    EXPECT_TRUE(report(mac, one, "NotNow", "<2>"));
    const auto second = storage().result(mac.id, one.uuid);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->not_now_tally, 2);
    EXPECT_EQ(second->raw, "<2>");
    EXPECT_EQ(second->first_not_now_at, first->first_not_now_at) << "the first time is kept";
    EXPECT_EQ(next(mac), "c");

    EXPECT_TRUE(report(mac, one, "Acknowledged", "<3>"));
    const auto last = storage().result(mac.id, one.uuid);
    ASSERT_TRUE(last);
    EXPECT_EQ(last->status.str(), "Acknowledged");
    EXPECT_EQ(last->raw, "<3>");
    EXPECT_EQ(last->not_now_tally, 2);
    EXPECT_EQ(last->first_not_now_at, first->first_not_now_at);
    EXPECT_EQ(next(mac), "");
}

TEST_P(ReportContract, ARepeatedReportOverwrites) {
    enroll(mac);
    enqueue(one, mac);
    EXPECT_TRUE(report(mac, one, "Error", "<1>"));
    EXPECT_TRUE(report(mac, one, "Error", "<1>"));
    EXPECT_TRUE(report(mac, one, "Acknowledged", "<2>"));
    const auto result = storage().result(mac.id, one.uuid);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status.str(), "Acknowledged");
    EXPECT_EQ(result->raw, "<2>");
}

TEST_P(ReportContract, AFinishedCommandStaysFinishedWhenALateNotNowComes) {
    enroll(mac);
    enqueue(one, mac);
    report(mac, one, "Acknowledged", "<done>");
    EXPECT_TRUE(report(mac, one, "NotNow", "<late>")) << "known, though of no use";
    EXPECT_EQ(next(mac), "") << "it must not run twice";
    EXPECT_EQ(enqueue(one, mac), EnqueueOutcome::uuid_already_used);
    EXPECT_EQ(storage().result(mac.id, one.uuid)->status.str(), "Acknowledged");
}

TEST_P(ReportContract, ACommandMayBeReportedBeforeItWasFetched) {
    enroll(mac);
    for (const auto& each : commands("c", 3)) enqueue(each, mac);
    EXPECT_TRUE(report(mac, command("c2"), "Acknowledged"));
    EXPECT_THAT(drain(mac), testing::ElementsAre("c1", "c3"));
}

TEST_P(ReportContract, UnknownReportsStoreNothing) {
    EXPECT_FALSE(report(mac, one, "Acknowledged")) << "an enrollment never seen";
    EXPECT_FALSE(storage().enrollment(mac.id));
    enroll(mac);
    enroll(other_mac);
    add_user(anna);
    EXPECT_FALSE(report(mac, one, "Acknowledged")) << "a command never enqueued";
    EXPECT_FALSE(storage().result(mac.id, one.uuid));
    enqueue(one, mac);
    for (const auto& stranger : {other_mac, anna}) {
        EXPECT_FALSE(report(stranger, one, "Acknowledged")) << "a command of somebody else";
        EXPECT_FALSE(report(stranger, one, "NotNow")) << "a command of somebody else";
        EXPECT_FALSE(storage().result(stranger.id, one.uuid));
    }
    EXPECT_EQ(next(mac), "c");
    EXPECT_FALSE(storage().result(mac.id, one.uuid));
}

TEST_P(ReportContract, AReportWithoutCommandUuidStoresNothing) {
    enroll(mac);
    enqueue(one, mac);
    auto nameless = command_report(mac, "Error", "c", "<report>");
    nameless.command_uuid.reset();
    EXPECT_FALSE(storage().store_report(nameless));
    EXPECT_EQ(next(mac), "c");
}

TEST_P(ReportContract, BinaryAndLargeReportsComeBackByteForByte) {
    enroll(mac);
    const std::vector<std::string> bodies{"bplist00" + binary_bytes(70'000),
                                          binary_bytes(1 << 20),
                                          "<" + repeated("ü", 1 << 19) + ">",
                                          "\xff\xfe not UTF-8",
                                          "",
                                          "\n"};
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        const auto each = command("c" + std::to_string(i));
        enqueue(each, mac);
        EXPECT_TRUE(report(mac, each, "Acknowledged", bodies[i]));
    }
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        const auto result = storage().result(mac.id, CommandUuid{"c" + std::to_string(i)});
        ASSERT_TRUE(result) << i;
        EXPECT_TRUE(result->raw == bodies[i]) << i;
    }
}

} // namespace
} // namespace nanomdm::contract
