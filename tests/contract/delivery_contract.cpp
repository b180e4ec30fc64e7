// Which command comes next: the order enqueued, and what NotNow changes about it.
#include "contract/storage_contract.hpp"

namespace nanomdm::contract {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

const Enrollment mac = device("A1B2");
const Enrollment other_mac = device("C3D4");

TEST_P(DeliveryContract, NothingForTheUnknownAndTheIdle) {
    EXPECT_FALSE(storage().next_command(mac.id, NotNow::candidates));
    enroll(mac);
    EXPECT_FALSE(storage().next_command(mac.id, NotNow::candidates));
    EXPECT_FALSE(storage().next_command(mac.id, NotNow::passed_over));
}

TEST_P(DeliveryContract, ACommandComesBackExactlyAndUntilReported) {
    enroll(mac);
    const Command one{CommandUuid{"c"}, RequestType{"InstallProfile"},
                      "<?xml version=\"1.0\"?>\r\n<plist/>\n \n"};
    enqueue(one, mac);
    EXPECT_EQ(storage().next_command(mac.id, NotNow::candidates), one);
    EXPECT_EQ(storage().next_command(mac.id, NotNow::passed_over), one);
    EXPECT_EQ(storage().next_command(mac.id, NotNow::candidates), one)
        << "the first answer may have been lost";
}

TEST_P(DeliveryContract, BinaryAndLargeCommandsComeBackByteForByte) {
    enroll(mac);
    const std::vector<Command> all{
        {CommandUuid{"binary"}, RequestType{"T"}, "bplist00" + binary_bytes(100'000)},
        {CommandUuid{"megabyte"}, RequestType{"T"}, "<" + repeated("ü", 1 << 19) + ">"},
        {CommandUuid{"binary megabyte"}, RequestType{"T"}, binary_bytes(1 << 20)},
        {CommandUuid{"not UTF-8"}, RequestType{"T"}, "<?xml \xff\xfe\x80>"},
        {CommandUuid{"four bytes"}, RequestType{repeated("𝄞", 63)}, "<?xml 𝄞>"},
    };
    for (const auto& one : all) enqueue(one, mac);
    for (const auto& one : all) {
        const auto delivered = storage().next_command(mac.id, NotNow::candidates);
        ASSERT_TRUE(delivered);
        EXPECT_EQ(delivered->uuid, one.uuid);
        EXPECT_EQ(delivered->request_type, one.request_type);
        EXPECT_TRUE(delivered->raw == one.raw) << one.uuid.str();
        report(mac, one, "Acknowledged");
    }
}

TEST_P(DeliveryContract, FirstInFirstOut) {
    enroll(mac);
    // Neither by name, nor by the clock's second: 200 within one, names falling.
    std::vector<std::string> order;
    for (int i = 200; i > 0; --i) order.push_back("c" + std::to_string(i));
    for (const auto& uuid : order) enqueue(command(uuid), mac);
    EXPECT_THAT(drain(mac), ElementsAreArray(order));
}

TEST_P(DeliveryContract, EachEnrollmentHasItsOwnOrder) {
    for (const auto& one : {mac, other_mac}) enroll(one);
    const auto all = commands("c", 3);
    for (const int i : {0, 1, 2}) enqueue(all[static_cast<std::size_t>(i)], mac);
    for (const int i : {2, 0, 1}) enqueue(all[static_cast<std::size_t>(i)], other_mac);
    EXPECT_THAT(drain(other_mac), ElementsAre("c3", "c1", "c2"));
    EXPECT_THAT(drain(mac), ElementsAre("c1", "c2", "c3"));
}

TEST_P(DeliveryContract, OrderHoldsAcrossDrainsAndNewCommands) {
    enroll(mac);
    const auto all = commands("c", 4);
    enqueue(all[0], mac);
    enqueue(all[1], mac);
    report(mac, all[0], "Acknowledged");
    enqueue(all[2], mac);
    report(mac, all[1], "Error");
    enqueue(all[3], mac);
    EXPECT_THAT(drain(mac), ElementsAre("c3", "c4"));
}

TEST_P(DeliveryContract, OneEnrollmentsReportLeavesTheSharedCommandToOthers) {
    for (const auto& one : {mac, other_mac}) enroll(one);
    storage().enqueue(command("shared"), ids({mac, other_mac}));
    EXPECT_TRUE(report(mac, command("shared"), "Acknowledged", "<mine>"));
    EXPECT_EQ(next(mac), "");
    EXPECT_EQ(next(other_mac), "shared");
    EXPECT_FALSE(storage().result(other_mac.id, command("shared").uuid));
}

TEST_P(DeliveryContract, AfterNotNowTheOthersComeFirst) {
    enroll(mac);
    const auto all = commands("c", 3);
    for (const auto& one : all) enqueue(one, mac);
    report(mac, all[0], "NotNow");
    EXPECT_EQ(next(mac, NotNow::passed_over), "c2");
    EXPECT_EQ(next(mac, NotNow::candidates), "c1") << "its place in the order is kept";
    report(mac, all[1], "NotNow");
    EXPECT_EQ(next(mac, NotNow::passed_over), "c3");
    report(mac, all[2], "Acknowledged");
    EXPECT_EQ(next(mac, NotNow::passed_over), "");
    EXPECT_EQ(next(mac, NotNow::candidates), "c1");
    EXPECT_THAT(drain(mac), ElementsAre("c1", "c2"));
}

TEST_P(DeliveryContract, CommandsAfterReenrollmentComeInOrderAndAlone) {
    enroll(mac);
    for (const auto& one : commands("old", 5)) enqueue(one, mac);
    report(mac, command("old1"), "NotNow");
    enroll(mac);
    for (const auto& one : commands("new", 5)) enqueue(one, mac);
    EXPECT_EQ(next(mac, NotNow::passed_over), "new1");
    EXPECT_THAT(drain(mac), ElementsAre("new1", "new2", "new3", "new4", "new5"));
}

TEST_P(DeliveryContract, ADisabledEnrollmentIsStillServed) {
    enroll(mac);
    for (const auto& one : commands("c", 2)) enqueue(one, mac);
    storage().store_check_out(check_out(mac));
    EXPECT_THAT(drain(mac), ElementsAre("c1", "c2"));
    EXPECT_EQ(storage().result(mac.id, CommandUuid{"c1"})->status.str(), "Acknowledged");
    EXPECT_FALSE(storage().enrollment(mac.id)->enabled) << "a report does not enable";
}

} // namespace
} // namespace nanomdm::contract
