// Queues: what is pending, in MicroMDM's order.
#include "recording_sink.hpp"
#include "support/bolt/proto_record.hpp"

#include <gmock/gmock.h>

namespace nanomdm::migrate {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

class MicroMdmQueue : public MicroMdm {
protected:
    MicroMdmQueue() { database_.add(MicroMdmDevice{.udid = mac}); }

    static std::vector<std::string> uuids(const RecordingSink& sink) {
        std::vector<std::string> uuids;
        for (const auto& command : sink.find(mac)->commands) uuids.push_back(command.command.uuid.str());
        return uuids;
    }
};

TEST_F(MicroMdmQueue, PendingCommandsComeInOrderThenThoseAnsweredNotNow) {
    database_.enqueue(mac, MicroMdmList::not_now, "n1", "InstallProfile");
    database_.enqueue(mac, MicroMdmList::completed, "done", "ProfileList");
    database_.enqueue(mac, MicroMdmList::commands, "c", "DeviceInformation");
    database_.enqueue(mac, MicroMdmList::failed, "failed", "ProfileList");
    database_.enqueue(mac, MicroMdmList::commands, "a", "ProfileList");
    database_.enqueue(mac, MicroMdmList::not_now, "n2", "ProfileList");
    database_.enqueue(mac, MicroMdmList::commands, "b", "ProfileList");
    const auto sink = read();
    EXPECT_THAT(uuids(sink), ElementsAre("c", "a", "b", "n1", "n2"));
    EXPECT_THAT(reasons(sink), IsEmpty());
    const auto& first = sink.find(mac)->commands[0];
    EXPECT_EQ(first.command.request_type.str(), "DeviceInformation");
    EXPECT_EQ(first.command.raw, micromdm_payload("c", "DeviceInformation"));
    EXPECT_FALSE(first.is_cleared);
    for (const auto& command : sink.find(mac)->commands) EXPECT_FALSE(command.result);
}

TEST_F(MicroMdmQueue, ACommandWithoutATimeWasQueuedWhenTheFileWasLastWritten) {
    database_.enqueue(mac, MicroMdmList::commands, "a", "ProfileList");
    const auto timed =
        ProtoRecord{}.add(2, micromdm_payload("b", "ProfileList")).add(3, std::int64_t{1'000}).str();
    database_.enqueue(mac, MicroMdmList::commands, "c", "ProfileList");
    database_.put("mdm.DeviceCommands", mac,
                  ProtoRecord{}
                      .add(2, micromdm_command("a", micromdm_payload("a", "ProfileList")))
                      .add(2, timed)
                      .str());
    database_.write(path_);
    const auto written = std::filesystem::file_time_type::clock::now() - std::chrono::hours{5};
    std::filesystem::last_write_time(path_, written);
    MicroMdmSource source{path_};
    RecordingSink sink;
    source.read(sink);
    const auto& commands = sink.find(mac)->commands;
    ASSERT_EQ(commands.size(), 2U);
    EXPECT_EQ(commands[0].enqueued_at, std::chrono::file_clock::to_sys(written));
    EXPECT_EQ(commands[1].enqueued_at, TimePoint{std::chrono::nanoseconds{1'000}});
}

TEST_F(MicroMdmQueue, TheUuidIsThatOfThePayload) {
    database_.put(
        "mdm.DeviceCommands", mac,
        ProtoRecord{}.add(2, micromdm_command("other", micromdm_payload("a", "ProfileList"))).str());
    EXPECT_THAT(uuids(read()), ElementsAre("a"));
}

TEST_F(MicroMdmQueue, TheSameCommandTwiceIsOneAndAnotherOfTheSameUuidIsAFailure) {
    database_.enqueue(mac, MicroMdmList::commands, "a", "ProfileList");
    database_.enqueue(mac, MicroMdmList::not_now, "a", "ProfileList");
    database_.enqueue(mac, MicroMdmList::not_now, "a", "DeviceInformation");
    const auto sink = read();
    EXPECT_THAT(uuids(sink), ElementsAre("a"));
    EXPECT_THAT(reasons(sink), ElementsAre("!command " + std::string{mac} +
                                           " a: has the UUID of another one in the same queue"));
}

TEST_F(MicroMdmQueue, WhatIsNoCommandIsAFailureAndTheOthersCome) {
    database_.enqueue(mac, MicroMdmList::commands, "a", "ProfileList");
    database_.put("mdm.DeviceCommands", mac,
                  ProtoRecord{}
                      .add(2, micromdm_command("broken", "<plist"))
                      .add(2, micromdm_command("nothing", ""))
                      .add(2, "\xFF")
                      .add(2, micromdm_command("fine", micromdm_payload("fine", "ProfileList")))
                      .str());
    const auto sink = read();
    EXPECT_THAT(uuids(sink), ElementsAre("fine"));
    const auto queue = "!command " + std::string{mac};
    EXPECT_THAT(reasons(sink), ElementsAre(testing::StartsWith(queue + " broken: is no command: "),
                                           testing::StartsWith(queue + " nothing: is no command: "),
                                           queue + ": is no command: record cannot be decoded"));
}

TEST_F(MicroMdmQueue, ForNobodyItIsReportedWhereSomethingIsPending) {
    database_.enqueue("nobody", MicroMdmList::commands, "a", "ProfileList");
    database_.enqueue("nobody-too", MicroMdmList::completed, "b", "ProfileList");
    EXPECT_THAT(reasons(read()),
                ElementsAre("command nobody: pending for an enrollment that does not come over"));
}

TEST_F(MicroMdmQueue, ALongOneWithLargeCommandsComesWhole) {
    const std::string large(100'000, 'x');
    ProtoRecord queue;
    for (int i = 0; i < 50; ++i) {
        const auto uuid = "uuid-" + std::to_string(i);
        queue.add(2,
                  micromdm_command(uuid, micromdm_payload(uuid, "InstallProfile") + "<!--" + large + "-->"));
    }
    database_.put("mdm.DeviceCommands", mac, queue.str());
    const auto sink = read();
    ASSERT_EQ(uuids(sink).size(), 50U);
    EXPECT_EQ(uuids(sink)[49], "uuid-49");
    EXPECT_GT(sink.find(mac)->commands[49].command.raw.size(), large.size());
}

} // namespace
} // namespace nanomdm::migrate
