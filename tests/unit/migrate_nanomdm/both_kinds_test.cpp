// What both kinds of store have in common: the fleet comes over as it was.
#include "collected.hpp"
#include "support/nanomdm_store/nano_fleet.hpp"
#include "support/nanomdm_store/written_file.hpp"
#include "support/process/temp_dir.hpp"
#include "support/test_ca.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::migrate {
namespace {

using test::NanoKind;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* udid = "11112222-3333-4444-5555-666677778888";
const std::string user = std::string{udid} + ":USER-1";

class EachNanoStore : public testing::TestWithParam<NanoKind> {
protected:
    void enqueue(const std::string& id, const std::string& uuid) {
        store_->enqueue(id, uuid, test::nano_command(uuid));
    }
    void report(const std::string& id, const std::string& uuid, const std::string& status) {
        store_->report(id, uuid, status, test::nano_report(udid, uuid, status));
    }
    [[nodiscard]] Collected read() const { return read_all(GetParam(), directory_.path()); }
    /// The device's user, from UserAuthenticate to TokenUpdate.
    void add_user() {
        store_->user_authenticate(user, test::nano_user_authenticate(udid, "USER-1"), false);
        store_->user_authenticate(user, test::nano_user_authenticate(udid, "USER-1", "digest"), true);
        store_->token_update(user, test::nano_user_token_update(udid, "USER-1"));
    }

    const test::TempDir directory_;
    const std::unique_ptr<test::NanoStore> store_ = test::make_nano_store(GetParam(), directory_.path());
};

INSTANTIATE_TEST_SUITE_P(Kinds, EachNanoStore, testing::Values(NanoKind::file, NanoKind::filekv),
                         [](const auto& kind) { return std::string{test::to_string(kind.param)}; });

TEST_P(EachNanoStore, ADeviceComesOverWithAllThatIsKnownOfIt) {
    const auto identity = test::TestCa::make_root().issue();
    const auto before = std::chrono::system_clock::now() - std::chrono::seconds{2};
    store_->associate(udid, test::nano_hash(1));
    store_->associate(udid, test::nano_hash(2));
    store_->authenticate(udid, test::nano_authenticate(udid, "SERIAL-1"), "SERIAL-1",
                         identity.certificate_der());
    const auto facts = test::nano_token_update(udid, "unlock");
    store_->token_update(udid, facts);
    store_->token_update(udid, test::nano_token_update(udid));
    store_->bootstrap_token(udid, std::string{"boot\0strap", 10});

    const auto read = this->read();
    const auto& device = read[udid];
    EXPECT_EQ(device.state.enrollment.type, EnrollmentType::device);
    EXPECT_TRUE(device.state.enabled);
    EXPECT_EQ(device.state.token_update_tally, 2);
    EXPECT_EQ(device.state.serial_number, "SERIAL-1");
    ASSERT_TRUE(device.state.push);
    EXPECT_EQ(device.state.push->topic.str(), test::nano_topic);
    EXPECT_EQ(device.state.push->magic.str(), facts.push_magic);
    EXPECT_EQ(device.state.push->token.bytes(), facts.token);
    EXPECT_EQ(device.messages.authenticate, test::nano_authenticate(udid, "SERIAL-1"));
    EXPECT_EQ(device.messages.token_update, test::nano_token_update(udid).raw);
    EXPECT_EQ(device.messages.unlock_token, "unlock");
    EXPECT_EQ(device.bootstrap_token, (std::string{"boot\0strap", 10}));
    EXPECT_EQ(device.identity_pem, identity.certificate_pem);
    EXPECT_THAT(device.certificate_hashes,
                testing::UnorderedElementsAre(test::nano_hash(1), test::nano_hash(2)));
    ASSERT_TRUE(device.state.last_seen_at && device.token_updated_at);
    EXPECT_GT(*device.state.last_seen_at, before);
    EXPECT_GT(*device.token_updated_at, before);
    EXPECT_FALSE(device.is_unconfirmed);
    EXPECT_FALSE(device.may_claim_first);
    EXPECT_EQ(read.expected, 1U);
    EXPECT_THAT(read.skips, IsEmpty());
    EXPECT_THAT(read.remarks, IsEmpty());
}

TEST_P(EachNanoStore, AUserComesAfterItsDevice) {
    test::add_nano_device(*store_, udid, test::nano_hash(1));
    add_user();
    const auto read = this->read();
    EXPECT_THAT(read.ids(), ElementsAre(udid, user));
    EXPECT_EQ(read.expected, 2U);
    const auto& state = read[user].state;
    EXPECT_EQ(state.enrollment.type, EnrollmentType::user);
    EXPECT_EQ(state.enrollment.parent, EnrollmentId{udid});
    EXPECT_TRUE(state.enabled);
    EXPECT_EQ(state.token_update_tally, 1);
    EXPECT_EQ(state.user_short_name, "short USER-1");
    EXPECT_EQ(state.user_long_name, "long USER-1");
    EXPECT_EQ(read[user].messages.user_authenticate, test::nano_user_authenticate(udid, "USER-1"));
    EXPECT_EQ(read[user].messages.user_authenticate_digest,
              test::nano_user_authenticate(udid, "USER-1", "digest"));
    EXPECT_EQ(read[user].messages.token_update, test::nano_user_token_update(udid, "USER-1").raw);
    EXPECT_THAT(read[user].certificate_hashes, IsEmpty());
    EXPECT_THAT(read.remarks, IsEmpty());
}

TEST_P(EachNanoStore, AUserThatHasOnlyAuthenticatedIsDisabled) {
    test::add_nano_device(*store_, udid, test::nano_hash(1));
    store_->user_authenticate(user, test::nano_user_authenticate(udid, "USER-1"), false);
    const auto read = this->read();
    EXPECT_FALSE(read[user].state.enabled);
    EXPECT_EQ(read[user].state.token_update_tally, 0);
    EXPECT_FALSE(read[user].state.push);
    EXPECT_EQ(read[user].messages.user_authenticate, test::nano_user_authenticate(udid, "USER-1"));
    EXPECT_THAT(read.remarks, IsEmpty());
}

TEST_P(EachNanoStore, AUserWithoutItsDeviceDoesNotComeOver) {
    add_user();
    const auto read = this->read();
    EXPECT_THAT(read.enrollments, IsEmpty());
    EXPECT_THAT(read.skips_of(user), ElementsAre("!its device is not in the store"));
}

TEST_P(EachNanoStore, ACheckedOutDeviceAndItsUsersAreDisabled) {
    test::add_nano_device(*store_, udid, test::nano_hash(1));
    add_user();
    store_->check_out(udid);
    const auto read = this->read();
    EXPECT_FALSE(read[udid].state.enabled);
    EXPECT_TRUE(read[udid].state.push);
    EXPECT_FALSE(read[user].state.enabled);
}

TEST_P(EachNanoStore, ADeviceThatHasOnlyAuthenticatedIsDisabled) {
    store_->associate(udid, test::nano_hash(1));
    store_->authenticate(udid, test::nano_authenticate(udid), "C02NANO", {});
    const auto read = this->read();
    EXPECT_FALSE(read[udid].state.enabled);
    EXPECT_EQ(read[udid].state.token_update_tally, 0);
    EXPECT_FALSE(read[udid].state.push);
    EXPECT_FALSE(read[udid].messages.token_update);
    EXPECT_THAT(read[udid].certificate_hashes, ElementsAre(test::nano_hash(1)));
    EXPECT_THAT(read.remarks, IsEmpty());
}

TEST_P(EachNanoStore, EachOfTheFiveTypesIsToldByItsMessages) {
    const auto sent = [](std::string raw, const char* from, const std::string& to) {
        return raw.replace(raw.find(from), std::string{from}.size(), to);
    };
    store_->authenticate("BYOD", sent(test::nano_authenticate("BYOD"), "UDID", "EnrollmentID"), "", {});
    auto byod = test::nano_token_update("BYOD");
    byod.raw = sent(byod.raw, "UDID", "EnrollmentID");
    byod.type = "User Enrollment (Device)";
    store_->token_update("BYOD", byod);
    auto byod_user = test::nano_user_token_update("BYOD", "U");
    byod_user.raw = sent(sent(byod_user.raw, "UDID", "EnrollmentID"), "UserID", "EnrollmentUserID");
    byod_user.type = "User Enrollment";
    store_->token_update("BYOD:U", byod_user);
    test::add_nano_device(*store_, udid, test::nano_hash(1));
    add_user();
    auto shared = test::nano_user_token_update(udid, "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF");
    shared.raw = sent(shared.raw, "short FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "appleid");
    shared.type = "Shared iPad";
    store_->token_update(std::string{udid} + ":appleid", shared);

    const auto read = this->read();
    EXPECT_EQ(read["BYOD"].state.enrollment.type, EnrollmentType::user_enrollment_device);
    EXPECT_EQ(read["BYOD:U"].state.enrollment.type, EnrollmentType::user_enrollment);
    EXPECT_EQ(read[udid].state.enrollment.type, EnrollmentType::device);
    EXPECT_EQ(read[user].state.enrollment.type, EnrollmentType::user);
    EXPECT_EQ(read[std::string{udid} + ":appleid"].state.enrollment.type, EnrollmentType::shared_ipad);
    EXPECT_THAT(read.skips, IsEmpty());
}

TEST_P(EachNanoStore, AQueueComesOverInOrderWithItsReports) {
    test::add_nano_device(*store_, udid, test::nano_hash(1));
    for (const auto* uuid : {"A", "B", "C", "D", "E"}) enqueue(udid, uuid);
    report(udid, "A", "Acknowledged");
    report(udid, "B", "NotNow");
    report(udid, "C", "Error");
    const auto read = this->read();
    const auto& commands = read[udid].commands;
    EXPECT_THAT(queue_of(read[udid]), ElementsAre("A+Acknowledged", "C+Error", "B+NotNow", "D", "E"));
    ASSERT_EQ(commands.size(), 5U);
    EXPECT_EQ(commands[0].command.raw, test::nano_command("A"));
    EXPECT_EQ(commands[0].command.request_type.str(), "DeviceInformation");
    EXPECT_EQ(commands[0].result->raw, test::nano_report(udid, "A", "Acknowledged"));
    EXPECT_EQ(commands[0].result->not_now_tally, 0);
    EXPECT_EQ(commands[2].result->not_now_tally, 1);
    EXPECT_TRUE(commands[2].result->first_not_now_at);
    EXPECT_GT(commands[4].enqueued_at, TimePoint{});
    EXPECT_THAT(read.remarks, IsEmpty());
}

TEST_P(EachNanoStore, AUsersQueueIsItsOwn) {
    test::add_nano_device(*store_, udid, test::nano_hash(1));
    add_user();
    enqueue(udid, "of-device");
    enqueue(user, "of-user");
    const auto read = this->read();
    EXPECT_THAT(queue_of(read[udid]), ElementsAre("of-device"));
    EXPECT_THAT(queue_of(read[user]), ElementsAre("of-user"));
}

TEST_P(EachNanoStore, WhatWasQueuedForNobodyIsPassedOver) {
    test::add_nano_device(*store_, udid, test::nano_hash(1));
    enqueue("NOPE", "A");
    enqueue("NOPE", "B");
    const auto read = this->read();
    EXPECT_THAT(read.ids(), ElementsAre(udid));
    EXPECT_EQ(read.expected, 1U);
    EXPECT_THAT(read.skips_of("NOPE A"), ElementsAre("it was queued for an ID that never enrolled"));
    EXPECT_THAT(read.skips_of("NOPE B"), ElementsAre("it was queued for an ID that never enrolled"));
    EXPECT_EQ(read.skips.size(), 2U);
}

TEST_P(EachNanoStore, AnAssociationOfNobodyIsPassedOver) {
    test::add_nano_device(*store_, udid, test::nano_hash(1));
    enqueue("NOPE", "A");
    store_->associate("NOPE", test::nano_hash(9));
    const auto read = this->read();
    std::size_t associations = 0;
    for (const auto& skipped : read.skips) {
        if (skipped.kind != ImportKind::certificate_association) continue;
        ++associations;
        EXPECT_EQ(skipped.reason, "it is of an ID that never enrolled");
        EXPECT_FALSE(skipped.is_failure);
    }
    EXPECT_GT(associations, 0U);
}

TEST_P(EachNanoStore, ADeviceThatLostItsAssociationKeepsTheCertificateItEnrolledWith) {
    const auto identity = test::TestCa::make_root().issue();
    store_->authenticate(udid, test::nano_authenticate(udid), "", identity.certificate_der());
    store_->token_update(udid, test::nano_token_update(udid));
    const auto read = this->read();
    EXPECT_EQ(read[udid].certificate_hashes.size(), 1U);
    EXPECT_THAT(read.remarks_on(udid),
                ElementsAre("no certificate was associated with it: the one that it enrolled with was"));
}

TEST_P(EachNanoStore, ThePushCertificateComesOver) {
    const auto certificate = test::TestCa::make_root("Apple").issue(
        {.common_name = "APSP", .user_id = test::nano_topic, .key_type = test::KeyType::rsa_2048});
    store_->push_certificate(test::nano_topic, certificate.certificate_pem, certificate.private_key_pem);
    const auto read = this->read();
    ASSERT_EQ(read.push_certificates.size(), 1U);
    EXPECT_EQ(read.push_certificates[0].topic.str(), test::nano_topic);
    EXPECT_EQ(read.push_certificates[0].certificate_pem, certificate.certificate_pem);
    EXPECT_EQ(read.push_certificates[0].private_key_pem, certificate.private_key_pem);
}

TEST_P(EachNanoStore, ADamagedPushCertificateIsReported) {
    store_->push_certificate(test::nano_topic, "certificate", "key");
    const auto read = this->read();
    EXPECT_THAT(read.push_certificates, IsEmpty());
    ASSERT_EQ(read.skips.size(), 1U);
    EXPECT_TRUE(read.skips[0].is_failure);
    EXPECT_EQ(read.skips[0].kind, ImportKind::push_certificate);
}

TEST_P(EachNanoStore, ADamagedAuthenticateIsMadeAgain) {
    test::add_nano_device(*store_, udid, test::nano_hash(1));
    store_->authenticate(udid, "", "SERIAL-1", {});
    store_->token_update(udid, test::nano_token_update(udid));
    const auto read = this->read();
    EXPECT_TRUE(read[udid].state.enabled);
    EXPECT_EQ(read[udid].state.serial_number, "SERIAL-1");
    EXPECT_THAT(read[udid].messages.authenticate.value_or(""),
                testing::HasSubstr("<string>Authenticate</string>"));
    EXPECT_THAT(read.remarks_on(udid),
                ElementsAre("its Authenticate message is damaged or of another enrollment",
                            "its Authenticate message was made from what the store knows of it"));
}

TEST_P(EachNanoStore, MessagesOfAnotherEnrollmentAreNoneOfIt) {
    store_->authenticate(udid, test::nano_authenticate("SOMEBODY-ELSE"), "", {});
    auto facts = test::nano_token_update("SOMEBODY-ELSE");
    facts.type = "no type";
    store_->token_update(udid, facts);
    const auto read = this->read();
    EXPECT_THAT(read.enrollments, IsEmpty());
    EXPECT_THAT(read.skips_of(udid), ElementsAre("!none of its messages can be read"));
}

TEST_P(EachNanoStore, ADamagedCommandIsReportedAndTheOthersKeepTheirOrder) {
    test::add_nano_device(*store_, udid, test::nano_hash(1));
    enqueue(udid, "A");
    store_->enqueue(udid, "B", "");
    store_->enqueue(udid, "C", "<plist>nonsense");
    store_->enqueue(udid, "D", test::nano_command("another"));
    enqueue(udid, "E");
    const auto read = this->read();
    EXPECT_THAT(queue_of(read[udid]), ElementsAre("A", "E"));
    const auto id = std::string{udid} + " ";
    const auto* damaged = "!it is empty, or no property list with a CommandUUID and a RequestType";
    EXPECT_THAT(read.skips_of(id + "B"), ElementsAre(damaged));
    EXPECT_THAT(read.skips_of(id + "C"), ElementsAre(damaged));
    EXPECT_THAT(read.skips_of(id + "D"),
                ElementsAre("!it is stored under another name than its CommandUUID"));
}

TEST_P(EachNanoStore, AnIdThatThisServerDoesNotTakeIsReported) {
    const std::string id = "bad\x01id";
    auto facts = test::nano_token_update("bad");
    store_->authenticate(id, test::nano_authenticate("bad"), "", {});
    store_->token_update(id, facts);
    const auto read = this->read();
    EXPECT_THAT(read.enrollments, IsEmpty());
    EXPECT_THAT(read.skips_of(id), ElementsAre("!none of its messages can be read"));
}

TEST_P(EachNanoStore, OddIdsComeOver) {
    for (const auto* id : {"a", "ab", "abc", "a.b", "a b'\"%\\;", "\xC3\xA9t\xC3\xA9", ".hidden"}) {
        test::add_nano_device(*store_, id, test::nano_hash(std::string{id}.size()));
        enqueue(id, std::string{"1-"} + id);
        enqueue(id, std::string{"2-"} + id);
    }
    const auto read = this->read();
    for (const auto* id : {"a", "ab", "abc", "a.b", "a b'\"%\\;", "\xC3\xA9t\xC3\xA9", ".hidden"}) {
        EXPECT_TRUE(read[id].state.enabled);
        EXPECT_THAT(queue_of(read[id]), ElementsAre(std::string{"1-"} + id, std::string{"2-"} + id));
    }
}

TEST_P(EachNanoStore, TwoReadingsGiveTheSameInTheSameOrder) {
    test::add_nano_fleet(*store_, 12);
    add_user();
    enqueue("NOPE", "A");
    const auto source = open_source(GetParam(), directory_.path());
    const auto first = read_all(*source);
    EXPECT_EQ(first.enrollments.size(), 12U);
    EXPECT_EQ(first.text(), read_all(*source).text());
    EXPECT_EQ(first.text(), this->read().text());
}

TEST_P(EachNanoStore, ReadingChangesNothing) {
    test::add_nano_fleet(*store_, 3);
    const auto look = [this] {
        std::string all;
        for (const auto& entry : std::filesystem::recursive_directory_iterator{directory_.path()}) {
            all += entry.path().string() + std::to_string(entry.last_write_time().time_since_epoch().count());
            if (entry.is_regular_file()) all += test::written(entry.path());
        }
        return all;
    };
    const auto before = look();
    (void)read();
    EXPECT_EQ(look(), before);
}

TEST_P(EachNanoStore, ItHasNoScep) {
    test::add_nano_device(*store_, udid, test::nano_hash(1));
    EXPECT_FALSE(open_source(GetParam(), directory_.path())->scep_ca());
}

} // namespace
} // namespace nanomdm::migrate
