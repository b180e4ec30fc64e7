// What is not brought over, and how the report calls it: the rest comes all the same.
#include "recording_sink.hpp"
#include "support/bolt/proto_record.hpp"

#include <gmock/gmock.h>

namespace nanomdm::migrate {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string mac_device = std::string{"device "} + mac + ": ";

TEST_F(MicroMdm, ADeviceThatIsNotEnrolledIsSkippedOnce) {
    database_.add(MicroMdmDevice{.udid = mac, .enrolled = false}, std::string(32, 'h'));
    const auto sink = read();
    EXPECT_THAT(sink.ids(), IsEmpty());
    EXPECT_EQ(sink.expected, 0U);
    EXPECT_THAT(reasons(sink), ElementsAre(mac_device + "not enrolled"));
}

TEST_F(MicroMdm, ADeviceThatOnlyTheEnrollmentProgramKnowsIsNamedByItsSerialNumber) {
    database_.add(MicroMdmDevice{.udid = "", .serial_number = "C02", .enrolled = false, .uuid = "u"});
    EXPECT_THAT(reasons(read()), ElementsAre("device C02: never enrolled"));
}

TEST_F(MicroMdm, BlockedDevicesAreSkippedWithAndWithoutARecord) {
    database_.add(MicroMdmDevice{.udid = mac});
    database_.put("mdm.RemoveDevice", mac, ProtoRecord{}.add(1, mac).str());
    database_.put("mdm.RemoveDevice", ipad, ProtoRecord{}.add(1, ipad).str());
    database_.put("mdm.PushInfo", ipad, MicroMdmPush{}.encode(ipad));
    const auto sink = read();
    EXPECT_THAT(sink.ids(), IsEmpty());
    EXPECT_THAT(reasons(sink),
                UnorderedElementsAre(mac_device + "blocked (mdm.RemoveDevice)",
                                     "device " + std::string{ipad} + ": blocked (mdm.RemoveDevice)"));
}

TEST_F(MicroMdm, PushInfoOfARemovedDeviceIsNoUserEnrollment) {
    const std::string removed[] = {mac, ipad, std::string(40, 'a'), "named like none, with a certificate"};
    for (const auto& key : removed) database_.put("mdm.PushInfo", key, MicroMdmPush{}.encode(key));
    database_.put("mdm.UDIDCertAuth", removed[3], std::string(32, 'h'));
    const auto sink = read();
    EXPECT_THAT(sink.ids(), IsEmpty());
    EXPECT_THAT(reasons(sink), testing::SizeIs(4));
    EXPECT_THAT(reasons(sink), testing::Each(testing::HasSubstr(": removed: ")));
}

TEST_F(MicroMdm, MalformedIdsAndTokensAreFailuresOfTheirDeviceAlone) {
    database_.add(MicroMdmDevice{.udid = "with:colon"});
    database_.add(MicroMdmDevice{.udid = std::string(256, 'l')});
    database_.add(MicroMdmDevice{.udid = "with\ncontrol"});
    database_.add(MicroMdmDevice{.udid = "not \xFF UTF-8"});
    database_.add(MicroMdmDevice{.udid = "odd", .token = "abc"});
    database_.add(MicroMdmDevice{.udid = "no-token", .token = ""});
    database_.add(MicroMdmDevice{.udid = "no-magic", .push_magic = ""});
    database_.add(MicroMdmDevice{.udid = "no-push-info"});
    database_.remove("mdm.PushInfo", "no-push-info");
    database_.add(MicroMdmDevice{.udid = mac});
    const auto sink = read();
    EXPECT_THAT(sink.ids(), ElementsAre(mac));
    EXPECT_THAT(reasons(sink), UnorderedElementsAre(
                                   "!device with:colon: device ID has a colon",
                                   "!device " + std::string(256, 'l') + ": enrollment ID is too long",
                                   "!device with\ncontrol: enrollment ID has control characters",
                                   "!device not \xFF UTF-8: enrollment ID is not UTF-8",
                                   "!device odd: push token is not hexadecimal",
                                   "!device no-token: Token is empty", "!device no-magic: PushMagic is empty",
                                   "!device no-push-info: enrolled, and without push info"));
}

TEST_F(MicroMdm, ARecordThatIsNoProtocolBufferIsAFailureOfItAlone) {
    database_.add(MicroMdmDevice{.udid = mac});
    database_.put("mdm.Devices", "a-broken-one", "\x12\xFF");
    database_.put("mdm.Users", "a-broken-one", "\x07");
    database_.put("mdm.PushInfo", "enrollment", "\xFF\xFF");
    database_.put("mdm.DeviceCommands", mac, "\x12\x7F");
    const auto sink = read();
    EXPECT_THAT(sink.ids(), ElementsAre(mac));
    constexpr auto why = ": record cannot be decoded";
    EXPECT_THAT(reasons(sink), UnorderedElementsAre(std::string{"!device a-broken-one"} + why,
                                                    std::string{"!user a-broken-one"} + why,
                                                    std::string{"!device enrollment"} + why,
                                                    "!command " + std::string{mac} + why));
}

TEST_F(MicroMdm, ADeviceWithAMalformedUnlockTokenComesWithoutItAndThatIsAFailure) {
    database_.add(MicroMdmDevice{.udid = mac, .unlock_token = "xy"});
    const auto sink = read();
    EXPECT_EQ(sink.find(mac)->messages.unlock_token, std::nullopt);
    EXPECT_THAT(reasons(sink),
                ElementsAre("!" + mac_device + "came over without its unlock token, which is malformed"));
}

TEST_F(MicroMdm, NamesThatAreNoCleanTextAreLeftOutWithARemark) {
    database_.add(MicroMdmDevice{.udid = mac,
                                 .serial_number = std::string(128, 's'),
                                 .os_version = "14\xFF",
                                 .device_name = "a\x01 b"});
    const auto sink = read();
    EXPECT_EQ(sink.find(mac)->state.serial_number, "");
    EXPECT_THAT(reasons(sink), IsEmpty());
    ASSERT_THAT(sink.remarks, testing::SizeIs(1));
    EXPECT_EQ(sink.remarks[0].id, mac);
}

TEST_F(MicroMdm, OfSeveralRecordsOfADeviceTheEnrolledAndThenTheNewerOneCounts) {
    database_.add(MicroMdmDevice{.udid = mac, .serial_number = "old", .last_seen = 5, .uuid = "a"});
    database_.add(MicroMdmDevice{.udid = mac, .serial_number = "new", .last_seen = 7, .uuid = "b"});
    database_.add(
        MicroMdmDevice{.udid = mac, .serial_number = "none", .enrolled = false, .last_seen = 9, .uuid = "c"});
    const auto sink = read();
    ASSERT_THAT(sink.ids(), ElementsAre(mac));
    EXPECT_EQ(sink.enrollments[0].state.serial_number, "new");
    constexpr auto why = "an older record of a device that has another";
    EXPECT_THAT(reasons(sink), ElementsAre(mac_device + why, mac_device + why));
}

TEST_F(MicroMdm, ADatabaseOfAServerThatWasNeverUsedHasNothing) {
    const auto sink = read();
    EXPECT_EQ(sink.expected, 0U);
    EXPECT_THAT(sink.ids(), IsEmpty());
    EXPECT_THAT(reasons(sink), IsEmpty());
}

} // namespace
} // namespace nanomdm::migrate
