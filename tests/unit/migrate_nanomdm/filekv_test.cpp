// What only a `filekv` store has: its times, what it keeps beside the messages, its linked lists.
#include "collected.hpp"
#include "migrate/nanomdm/filekv_source.hpp"
#include "support/nanomdm_store/nano_fleet.hpp"
#include "support/process/temp_dir.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::migrate {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* udid = "11112222-3333-4444-5555-666677778888";
const std::string user = std::string{udid} + ":USER-1";
constexpr const char* cut =
    "its queue was broken: commands that NanoMDM had lost hold of came over as pending";
constexpr const char* circular = "its queue ran in a circle: each command came over once";

class NanoFileKv : public testing::Test {
protected:
    NanoFileKv() { test::add_nano_device(store_, udid, test::nano_hash(1)); }

    void enqueue(std::initializer_list<const char*> uuids) {
        for (const auto* uuid : uuids) store_.enqueue(udid, uuid, test::nano_command(uuid));
    }
    void report(const std::string& uuid, const std::string& status) {
        store_.report(udid, uuid, status, test::nano_report(udid, uuid, status));
    }
    void put_item(const std::string& uuid, const char* name, const std::string& value) {
        store_.put("queue", std::string{udid} + "." + uuid + ".queueitem." + name, value);
    }
    void remove_item(const std::string& uuid, const char* name) {
        store_.remove("queue", std::string{udid} + "." + uuid + ".queueitem." + name);
    }
    void set_time(const std::string& bucket, const std::string& key, TimePoint time) {
        std::filesystem::last_write_time(store_.path(bucket, key), std::chrono::file_clock::from_sys(time));
    }
    [[nodiscard]] Collected read() const { return read_all(test::NanoKind::filekv, directory_.path()); }

    const test::TempDir directory_;
    test::NanoFileKvStore store_{directory_.path()};
};

TEST_F(NanoFileKv, TimesAreThoseItHasStored) {
    const std::string id = udid;
    store_.put("enrollments", id + ".enrolled_at", "1795435626799527");
    store_.put("enrollments", id + ".last_seen_at", "1795435628237463");
    const auto device = read()[udid];
    EXPECT_EQ(device.state.last_seen_at, TimePoint{1795435628237463us});
    EXPECT_EQ(device.token_updated_at, TimePoint{1795435626799527us});
}

TEST_F(NanoFileKv, ALaterTokenUpdateWasBetweenEnrollingAndLastSeen) {
    const std::string id = udid;
    store_.token_update(udid, test::nano_token_update(udid));
    store_.put("enrollments", id + ".enrolled_at", "1700000000000000");
    store_.put("enrollments", id + ".last_seen_at", "1700000900000000");
    const TimePoint enrolled{1700000000s};
    set_time("devices", id + ".tok_upd", enrolled + 100s);
    EXPECT_EQ(read()[udid].token_updated_at, enrolled + 100s);
    set_time("devices", id + ".tok_upd", enrolled + 2000s); // copied later
    EXPECT_EQ(read()[udid].token_updated_at, enrolled + 900s);
}

TEST_F(NanoFileKv, TimesThatAreNoneAreNotThere) {
    for (const auto* text : {"", "yesterday", "-5", "0", "99999999999999999999", "9007199254740993"}) {
        store_.put("enrollments", std::string{udid} + ".last_seen_at", text);
        EXPECT_FALSE(read()[udid].state.last_seen_at) << text;
    }
}

TEST_F(NanoFileKv, ADamagedTokenUpdateIsMadeAgainFromWhatIsKeptBesideIt) {
    store_.put("devices", std::string{udid} + ".tok_upd", "<plist>");
    auto facts = test::nano_user_token_update(udid, "USER-1");
    facts.raw = "";
    store_.token_update(user, facts);
    const auto read = this->read();
    EXPECT_TRUE(read[udid].state.enabled);
    EXPECT_EQ(read[udid].state.push->magic.str(), test::nano_token_update(udid).push_magic);
    EXPECT_THAT(read[udid].messages.token_update.value_or(""), HasSubstr("<string>TokenUpdate</string>"));
    EXPECT_TRUE(read[user].state.enabled);
    EXPECT_EQ(read[user].state.push->token.bytes(), facts.token);
    EXPECT_THAT(read.remarks_on(udid),
                ElementsAre("its TokenUpdate message is damaged or of another enrollment",
                            "its TokenUpdate message was made from what the store knows of it"));
}

TEST_F(NanoFileKv, WithoutPushFactsADamagedTokenUpdateDisables) {
    store_.put("devices", std::string{udid} + ".tok_upd", "<plist>");
    store_.remove("enrollments", std::string{udid} + ".token");
    const auto read = this->read();
    EXPECT_FALSE(read[udid].state.enabled);
    EXPECT_THAT(read.remarks_on(udid),
                ElementsAre("its TokenUpdate message is damaged or of another enrollment",
                            "it has no TokenUpdate message that can be read: it comes over disabled"));
}

TEST_F(NanoFileKv, UsersOfADisabledDeviceAreDisabledThoughNanoMdmForgot) {
    store_.token_update(user, test::nano_user_token_update(udid, "USER-1"));
    store_.check_out(udid);
    const auto read = this->read();
    EXPECT_FALSE(read[user].state.enabled);
    EXPECT_THAT(read.remarks_on(user), ElementsAre("its device is disabled, so it comes over disabled too"));
}

TEST_F(NanoFileKv, AnEnrollmentWithoutMessagesIsReported) {
    store_.put("enrollments", "GONE-1.type", "Device");
    EXPECT_THAT(read().skips_of("GONE-1"), ElementsAre("!none of its messages is there"));
}

TEST_F(NanoFileKv, AQueueThatNanoMdmLostHoldOfComesOverInOrder) {
    enqueue({"C", "A", "B"});
    store_.lose_hold_of_queue(udid);
    put_item("NEVER-SENT", "status", "Acknowledged");
    put_item("NEVER-SENT", "report", test::nano_report(udid, "NEVER-SENT", "Acknowledged"));
    const auto read = this->read();
    EXPECT_THAT(queue_of(read[udid]), ElementsAre("C", "A", "B"));
    EXPECT_THAT(read.remarks_on(udid), ElementsAre(cut));
    EXPECT_THAT(read.skips_of(std::string{udid} + " NEVER-SENT"),
                ElementsAre("a report on a command that NanoMDM did not have"));
}

TEST_F(NanoFileKv, WhatItLostHoldOfComesBeforeWhatCameLater) {
    enqueue({"C", "A", "B"});
    report("A", "NotNow");
    const std::string id = udid;
    store_.put("queue", "D.raw", test::nano_command("D"));
    store_.put("queue", id + ".queuekey.queue.first", "D");
    store_.put("queue", id + ".queuekey.queue.last", "D");
    EXPECT_THAT(queue_of(read()[udid]), ElementsAre("C", "A+NotNow", "B", "D"));
}

TEST_F(NanoFileKv, WhatItLostHoldOfBeforeTheEnrollmentIsCleared) {
    enqueue({"A", "B"});
    store_.lose_hold_of_queue(udid);
    set_time("queue", "A.raw", TimePoint{1700000000s});
    set_time("queue", "B.raw", TimePoint{1700000001s});
    const auto read = this->read();
    EXPECT_THAT(queue_of(read[udid]), ElementsAre("-A", "-B"));
    EXPECT_THAT(read.remarks, IsEmpty());
}

TEST_F(NanoFileKv, ACommandEnqueuedTwiceInOneCallDoesNotEndInACircle) {
    enqueue({"A", "B"});
    put_item("B", "next", "B");
    put_item("B", "prev", "B");
    const auto read = this->read();
    EXPECT_THAT(queue_of(read[udid]), ElementsAre("A", "B"));
    EXPECT_THAT(read.remarks_on(udid), ElementsAre(circular));
}

TEST_F(NanoFileKv, AMissingLinkCostsNoCommand) {
    enqueue({"A", "B", "C", "D"});
    remove_item("B", "next");
    const auto read = this->read();
    EXPECT_THAT(queue_of(read[udid]), ElementsAre("A", "B", "C", "D"));
    EXPECT_THAT(read.remarks_on(udid), ElementsAre(cut));
}

TEST_F(NanoFileKv, ALinkThatCannotBeReadIsABrokenOne) {
    enqueue({"A", "B", "C"});
    remove_item("A", "next");
    std::filesystem::create_directory(store_.path("queue", std::string{udid} + ".A.queueitem.next"));
    EXPECT_THAT(queue_of(read()[udid]), ElementsAre("A", "B", "C"));
}

TEST_F(NanoFileKv, ACommandWithoutItsBytesIsReported) {
    enqueue({"A", "B", "C"});
    store_.remove("queue", "B.raw");
    const auto read = this->read();
    EXPECT_THAT(queue_of(read[udid]), ElementsAre("A", "C"));
    EXPECT_THAT(read.skips_of(std::string{udid} + " B"), ElementsAre("!its bytes are not in the store"));
}

TEST_F(NanoFileKv, AFinishedCommandThatIsStillLinkedIsFinished) {
    enqueue({"A", "B"});
    put_item("A", "status", "Acknowledged");
    put_item("A", "report", test::nano_report(udid, "A", "Acknowledged"));
    EXPECT_THAT(queue_of(read()[udid]), ElementsAre("A+Acknowledged", "B"));
}

TEST_F(NanoFileKv, WhatANewEnrollmentClearedIsNotPending) {
    enqueue({"A", "B"});
    report("A", "NotNow");
    store_.authenticate(udid, test::nano_authenticate(udid), "", {});
    store_.token_update(udid, test::nano_token_update(udid));
    EXPECT_THAT(queue_of(read()[udid]), ElementsAre("-A+NotNow"));
}

TEST_F(NanoFileKv, AStatusWithoutItsReportStillFinishes) {
    enqueue({"A"});
    report("A", "Acknowledged");
    remove_item("A", "report");
    const auto read = this->read();
    EXPECT_THAT(queue_of(read[udid]), ElementsAre("A+Acknowledged"));
    EXPECT_THAT(read[udid].commands[0].result->raw, HasSubstr("<string>Acknowledged</string>"));
    EXPECT_THAT(read.remarks_on(udid),
                ElementsAre("of the report on one of its commands only the status is there"));
}

TEST_F(NanoFileKv, AReportWithoutItsStatusStillFinishes) {
    enqueue({"A"});
    report("A", "Acknowledged");
    remove_item("A", "status");
    EXPECT_THAT(queue_of(read()[udid]), ElementsAre("A+Acknowledged"));
}

TEST_F(NanoFileKv, ADamagedHashIsReported) {
    store_.put("cert_auth", std::string{udid} + ".cert_hash", "no hash");
    const auto read = this->read();
    EXPECT_THAT(read.skips_of(udid), ElementsAre("!it holds no SHA-256"));
    EXPECT_THAT(read[udid].certificate_hashes, ElementsAre(test::nano_hash(1)));
}

TEST_F(NanoFileKv, LinksAreNotFollowed) {
    const test::TempDir elsewhere;
    const auto target = elsewhere.write("target", test::nano_authenticate("AAAA-LINK"));
    const auto link = store_.path("devices", "AAAA-LINK.auth");
    std::filesystem::create_directories(link.parent_path());
    std::filesystem::create_symlink(target, link);
    std::filesystem::create_directory_symlink(elsewhere.path(), directory_ / "devices" / "ZZ");
    const auto read = this->read();
    EXPECT_THAT(read.ids(), ElementsAre(udid));
    EXPECT_THAT(read.skips_of("AAAA-LINK"), ElementsAre("!none of its messages can be read"));
}

TEST_F(NanoFileKv, AHistoryReadInPartsIsTheSame) {
    test::add_nano_fleet(store_, 40);
    enqueue({"A", "B"});
    report("A", "Error");
    NanoFileKvSource in_parts{directory_.path().string(), 10};
    const auto parts = read_all(in_parts);
    const auto whole = read();
    EXPECT_EQ(parts.text(), read_all(in_parts).text());
    ASSERT_EQ(parts.enrollments.size(), 41U);
    for (const auto& enrollment : whole.enrollments) {
        const auto id = enrollment.state.enrollment.id.str();
        EXPECT_EQ(queue_of(enrollment), queue_of(parts[id])) << id;
        EXPECT_FALSE(enrollment.commands.empty()) << id;
    }
}

} // namespace
} // namespace nanomdm::migrate
