// Devices and user enrollments: every field in its place, and messages as a device would have sent them.
#include "encoding/hex.hpp"
#include "mdm/decode.hpp"
#include "recording_sink.hpp"

#include <gmock/gmock.h>

namespace nanomdm::migrate {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t seen = 1'763'900'000'123'456'789;

MicroMdmDevice whole_device() {
    return {.udid = mac,
            .serial_number = "C02MT66KFLHH",
            .os_version = "14.1",
            .build_version = "23B74",
            .product_name = "Mac14,2",
            .imei = "35 317410 009999 9",
            .meid = "35317410009999",
            .token = "1BA7C90066C50F7768",
            .push_magic = "888CEB39-BFFA",
            .unlock_token = "00ff61",
            .awaiting_configuration = true,
            .device_name = "Fruit <& Söhne",
            .model = "Z15G",
            .model_name = "MacBook Air",
            .last_seen = seen,
            .bootstrap_token = std::string{"boot\0strap", 10}};
}

TEST_F(MicroMdm, AnEnrolledDeviceComesOverWithAllItsFields) {
    database_.add(whole_device(), std::string(32, '\xAB'));
    const auto sink = read();
    EXPECT_EQ(sink.expected, 1U);
    ASSERT_THAT(sink.ids(), ElementsAre(mac));
    EXPECT_THAT(reasons(sink), IsEmpty());
    EXPECT_THAT(sink.remarks, IsEmpty());
    const auto& device = sink.enrollments[0];
    EXPECT_EQ(device.state.enrollment, (Enrollment{EnrollmentId{mac}, EnrollmentType::device, std::nullopt}));
    EXPECT_TRUE(device.state.enabled);
    EXPECT_EQ(device.state.token_update_tally, 1);
    EXPECT_EQ(device.state.serial_number, "C02MT66KFLHH");
    EXPECT_EQ(device.state.push->topic.str(), micromdm_topic);
    EXPECT_EQ(device.state.push->magic.str(), "888CEB39-BFFA");
    EXPECT_EQ(device.state.push->token.hex(), "1ba7c90066c50f7768");
    EXPECT_EQ(device.state.last_seen_at, TimePoint{std::chrono::nanoseconds{seen}});
    EXPECT_EQ(device.token_updated_at, device.state.last_seen_at);
    EXPECT_EQ(device.messages.unlock_token, (std::string{"\x00\xff\x61", 3}));
    EXPECT_EQ(device.bootstrap_token, (std::string{"boot\0strap", 10}));
    EXPECT_THAT(device.certificate_hashes, ElementsAre(to_hex(std::string(32, '\xAB'))));
    EXPECT_FALSE(device.identity_pem);
    EXPECT_FALSE(device.is_unconfirmed);
    EXPECT_THAT(device.commands, IsEmpty());
}

TEST_F(MicroMdm, ADevicesMessagesAreWhatItWouldHaveSent) {
    database_.add(whole_device());
    const auto sink = read();
    const auto& messages = sink.find(mac)->messages;
    const auto authenticate = std::get<Authenticate>(decode_check_in(*messages.authenticate));
    EXPECT_EQ(authenticate.enrollment.id.str(), mac);
    EXPECT_EQ(authenticate.topic->str(), micromdm_topic);
    EXPECT_EQ(authenticate.serial_number.str(), "C02MT66KFLHH");
    for (const auto* member :
         {"<key>OSVersion</key>\n\t<string>14.1<", "<key>BuildVersion</key>\n\t<string>23B74<",
          "<key>ProductName</key>\n\t<string>Mac14,2<",
          "<key>DeviceName</key>\n\t<string>Fruit &lt;&amp; Söhne<", "<key>Model</key>\n\t<string>Z15G<",
          "<key>ModelName</key>\n\t<string>MacBook Air<", "<key>IMEI</key>\n\t<string>35 317410 009999 9<",
          "<key>MEID</key>\n\t<string>35317410009999<"})
        EXPECT_THAT(*messages.authenticate, HasSubstr(member));
    const auto token_update = std::get<TokenUpdate>(decode_check_in(*messages.token_update));
    EXPECT_EQ(token_update.enrollment.id.str(), mac);
    EXPECT_EQ(token_update.push, sink.find(mac)->state.push);
    EXPECT_EQ(token_update.unlock_token, *messages.unlock_token);
    EXPECT_THAT(*messages.token_update, HasSubstr("<key>AwaitingConfiguration</key>\n\t<true/>"));
}

TEST_F(MicroMdm, WhatADeviceNeverHadIsAbsent) {
    database_.add(MicroMdmDevice{.udid = mac});
    const auto sink = read();
    const auto& device = sink.enrollments.at(0);
    EXPECT_EQ(device.state.serial_number, "");
    EXPECT_EQ(device.state.last_seen_at, std::nullopt);
    EXPECT_EQ(device.token_updated_at, std::nullopt);
    EXPECT_EQ(device.messages.unlock_token, std::nullopt);
    EXPECT_EQ(device.bootstrap_token, std::nullopt);
    EXPECT_THAT(device.certificate_hashes, IsEmpty());
    EXPECT_THAT(*device.messages.authenticate, testing::Not(HasSubstr("OSVersion")));
    EXPECT_EQ(std::get<TokenUpdate>(decode_check_in(*device.messages.token_update)).unlock_token, "");
}

TEST_F(MicroMdm, ADeviceIsNotSeenInTheFuture) {
    database_.add(MicroMdmDevice{.udid = mac, .last_seen = std::numeric_limits<std::int64_t>::max()});
    database_.add(MicroMdmDevice{.udid = ipad, .last_seen = -6'795'364'578'871'345'152});
    const auto sink = read();
    EXPECT_LE(sink.find(mac)->state.last_seen_at, std::chrono::system_clock::now());
    EXPECT_EQ(sink.find(ipad)->state.last_seen_at, std::nullopt);
}

TEST_F(MicroMdm, PushInfoCountsAndNotWhatTheDeviceRecordRepeats) {
    database_.add(MicroMdmDevice{.udid = mac});
    database_.put("mdm.PushInfo", mac, MicroMdmPush{.token = "0102", .magic = "other"}.encode(mac));
    // Only where there is none, the record has to do.
    database_.add(MicroMdmDevice{.udid = ipad, .token = "0304", .mdm_topic = "com.apple.mgmt.other"});
    database_.remove("mdm.PushInfo", ipad);
    const auto sink = read();
    EXPECT_EQ(sink.find(mac)->state.push->token.hex(), "0102");
    EXPECT_EQ(sink.find(mac)->state.push->magic.str(), "other");
    EXPECT_EQ(sink.find(ipad)->state.push->token.hex(), "0304");
    EXPECT_EQ(sink.find(ipad)->state.push->topic.str(), "com.apple.mgmt.other");
}

TEST_F(MicroMdm, AUserEnrollmentIsWhatHasNothingButPushInfo) {
    database_.put("mdm.PushInfo", "enrollment-1", MicroMdmPush{.token = "0102"}.encode("enrollment-1"));
    database_.enqueue("enrollment-1", MicroMdmList::commands, "uuid-1", "ProfileList");
    const auto sink = read();
    EXPECT_EQ(sink.expected, 1U);
    ASSERT_THAT(sink.ids(), ElementsAre("enrollment-1"));
    const auto& byod = sink.enrollments[0];
    EXPECT_EQ(byod.state.enrollment.type, EnrollmentType::user_enrollment_device);
    EXPECT_TRUE(byod.is_unconfirmed);
    EXPECT_TRUE(byod.state.enabled);
    EXPECT_EQ(byod.commands.size(), 1U);
    EXPECT_THAT(byod.certificate_hashes, IsEmpty());
    EXPECT_EQ(std::get<Authenticate>(decode_check_in(*byod.messages.authenticate)).enrollment,
              byod.state.enrollment);
    const auto token_update = std::get<TokenUpdate>(decode_check_in(*byod.messages.token_update));
    EXPECT_EQ(token_update.enrollment, byod.state.enrollment);
    EXPECT_EQ(token_update.push.token.hex(), "0102");
    EXPECT_THAT(reasons(sink), IsEmpty());
}

TEST_F(MicroMdm, TheOrderIsTheSameEachTimeADeviceBeforeItsUsers) {
    MicroMdmFleet{.devices = 300, .commands = 1, .has_users = true}.write(path_);
    MicroMdmSource source{path_};
    RecordingSink first;
    RecordingSink second;
    source.read(first);
    source.read(second);
    EXPECT_EQ(first.ids(), second.ids());
    ASSERT_EQ(first.enrollments.size(), 600U);
    EXPECT_EQ(first.expected, 600U);
    for (std::size_t i = 0; i < 300; ++i) {
        const auto& device = first.enrollments[2 * i];
        EXPECT_EQ(device.state.enrollment.id.str(), MicroMdmFleet::udid(i));
        EXPECT_THAT(device.certificate_hashes, ElementsAre(to_hex(MicroMdmFleet::hash(i))));
        EXPECT_EQ(device.commands.size(), 1U);
        EXPECT_EQ(first.enrollments[2 * i + 1].state.enrollment.id.str(),
                  MicroMdmFleet::udid(i) + ":" + MicroMdmFleet::user_id(i));
    }
    EXPECT_THAT(reasons(first), ElementsAre());
}

} // namespace
} // namespace nanomdm::migrate
