// What only a `file` store has: four queues of files, CertAuth.txt, and damage that directories allow.
#include "collected.hpp"
#include "support/nanomdm_store/nano_fleet.hpp"
#include "support/nanomdm_store/written_file.hpp"
#include "support/process/temp_dir.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace nanomdm::migrate {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* udid = "11112222-3333-4444-5555-666677778888";
const std::string user = std::string{udid} + ":USER-1";

class NanoFile : public testing::Test {
protected:
    NanoFile() { test::add_nano_device(store_, udid, test::nano_hash(1)); }

    void enqueue(std::initializer_list<const char*> uuids) {
        for (const auto* uuid : uuids) store_.enqueue(udid, uuid, test::nano_command(uuid));
    }
    void report(const std::string& uuid, const std::string& status) {
        store_.report(udid, uuid, status, test::nano_report(udid, uuid, status));
    }
    [[nodiscard]] std::filesystem::path path(const std::string& name) const { return store_ / udid / name; }
    void set_time(const std::string& name, TimePoint time) const {
        std::filesystem::last_write_time(path(name), std::chrono::file_clock::from_sys(time));
    }
    [[nodiscard]] Collected read() const { return read_all(test::NanoKind::file, directory_.path()); }

    const test::TempDir directory_;
    test::NanoFileStore store_{directory_.path()};
};

TEST_F(NanoFile, CommandsAreInTheOrderNanoMdmHandsThemOut) {
    enqueue({"D", "B", "C", "A"});
    report("C", "NotNow");
    report("D", "NotNow");
    EXPECT_THAT(queue_of(read()[udid]), ElementsAre("C+NotNow", "D+NotNow", "A", "B"));
}

TEST_F(NanoFile, WhatANewEnrollmentClearedIsNotPending) {
    enqueue({"A", "B", "C"});
    report("A", "NotNow");
    report("B", "Acknowledged");
    store_.authenticate(udid, test::nano_authenticate(udid), "", {});
    store_.token_update(udid, test::nano_token_update(udid));
    enqueue({"D"});
    const auto queue = queue_of(read()[udid]);
    EXPECT_THAT(queue, testing::UnorderedElementsAre("B+Acknowledged", "-A+NotNow", "-C", "D"));
    EXPECT_EQ(queue.back(), "D");
}

TEST_F(NanoFile, WhatWasEnqueuedAgainIsPending) {
    enqueue({"A", "B"});
    report("A", "Acknowledged");
    enqueue({"A"});
    const auto read = this->read();
    EXPECT_THAT(queue_of(read[udid]), ElementsAre("A", "B"));
    EXPECT_THAT(read.skips_of(std::string{udid} + " A"),
                ElementsAre("it is there again, under the same CommandUUID"));
}

TEST_F(NanoFile, ADoneCommandWithoutItsReportIsNotDoneAgain) {
    enqueue({"A", "B", "C"});
    report("A", "Acknowledged");
    report("B", "Acknowledged");
    std::filesystem::remove(path("QueueDone/A.result.plist"));
    test::write_file(path("QueueDone/B.result.plist"), "");
    const auto read = this->read();
    EXPECT_THAT(queue_of(read[udid]), testing::UnorderedElementsAre("-A", "-B", "C"));
    EXPECT_EQ(queue_of(read[udid]).back(), "C");
    EXPECT_EQ(read.remarks_on(udid).size(), 2U);
}

TEST_F(NanoFile, OtherFilesInAQueueAreNoCommands) {
    enqueue({"A"});
    for (const auto* name : {"A.plist.tmp", ".A.plist", ".nfs0001", "README", "B.result.plist", "A.plist~"})
        test::write_file(path(std::string{"Queue/"} + name), test::nano_command("X"));
    const auto read = this->read();
    EXPECT_THAT(queue_of(read[udid]), ElementsAre("A"));
    EXPECT_THAT(read.skips, IsEmpty());
}

TEST_F(NanoFile, LastSeenIsTheLastFileThatADeviceWrote) {
    enqueue({"A"});
    report("A", "Acknowledged");
    const TimePoint enrolled{1700000000s};
    set_time("Authenticate.plist", enrolled);
    set_time("TokenUpdate.plist", enrolled + 1s);
    set_time("QueueDone/A.result.plist", enrolled + 60s);
    const auto device = read()[udid];
    EXPECT_EQ(device.state.last_seen_at, enrolled + 60s);
    EXPECT_EQ(device.token_updated_at, enrolled + 1s);
}

TEST_F(NanoFile, AllLinesOfCertAuthCount) {
    test::write_file(directory_ / "CertAuth.txt", std::string{udid} + "," + test::nano_hash(2) + "\r\n\n" +
                                                      std::string{udid} + "," + std::string(64, 'A') + "\n" +
                                                      user + "," + test::nano_hash(3));
    const auto read = this->read();
    EXPECT_THAT(read[udid].certificate_hashes, ElementsAre(test::nano_hash(2), std::string(64, 'a'),
                                                           test::nano_hash(3), test::nano_hash(1)));
    EXPECT_THAT(read.skips, IsEmpty());
}

TEST_F(NanoFile, DamagedAssociationsAreReported) {
    test::write_file(directory_ / "CertAuth.txt", std::string{udid} + ",0123\n" + udid + "\nnonsense\n" +
                                                      udid + "," + std::string(64, 'x'));
    test::write_file(path("CertAuth.sha256.txt"), "0123");
    const auto read = this->read();
    EXPECT_THAT(read.skips_of(udid),
                ElementsAre("!its line holds no SHA-256", "!its line holds no SHA-256",
                            "!its line holds no SHA-256", "!its CertAuth.sha256.txt holds no SHA-256"));
    EXPECT_THAT(read.skips_of("nonsense"), ElementsAre("it is of an ID that never enrolled"));
    EXPECT_THAT(read[udid].certificate_hashes, IsEmpty());
}

TEST_F(NanoFile, ATallyThatIsNoneCountsFromOneForTheEnabled) {
    for (const auto* text : {"", "many", "-3", "99999999999999"}) {
        test::write_file(path("TokenUpdate.tally.txt"), text);
        EXPECT_EQ(read()[udid].state.token_update_tally, 1) << text;
        EXPECT_EQ(read().remarks_on(udid).size(), 1U) << text;
    }
    std::filesystem::remove(path("TokenUpdate.tally.txt")); // NanoMDM did not always count
    EXPECT_EQ(read()[udid].state.token_update_tally, 1);
    EXPECT_THAT(read().remarks, IsEmpty());
    test::write_file(path("TokenUpdate.tally.txt"), "7\n");
    EXPECT_EQ(read()[udid].state.token_update_tally, 7);
}

TEST_F(NanoFile, AnIdentityThatIsNoneIsLeftOut) {
    test::write_file(path("Identity.pem"), "-----BEGIN CERTIFICATE-----\n");
    const auto read = this->read();
    EXPECT_FALSE(read[udid].identity_pem);
    EXPECT_THAT(read.remarks_on(udid), ElementsAre("its identity certificate cannot be read"));
}

TEST_F(NanoFile, ATokenUpdateAloneStillMakesADevice) {
    std::filesystem::remove(path("Authenticate.plist"));
    const auto read = this->read();
    EXPECT_TRUE(read[udid].state.enabled);
    EXPECT_EQ(read[udid].state.serial_number, "C02NANO");
    EXPECT_THAT(read.remarks_on(udid),
                ElementsAre("its Authenticate message was made from what the store knows of it"));
}

TEST_F(NanoFile, ASerialNumberThatNoMessageCanHoldIsLeftOutOfAMadeOne) {
    std::filesystem::remove(path("Authenticate.plist"));
    test::write_file(path("SerialNumber.txt"), "bad\x01serial");
    EXPECT_TRUE(read()[udid].messages.authenticate);
}

TEST_F(NanoFile, TheUnlockTokenInTheMessageStandsInForItsFile) {
    store_.token_update(udid, test::nano_token_update(udid, "unlock"));
    std::filesystem::remove(path("UnlockToken.dat"));
    EXPECT_EQ(read()[udid].messages.unlock_token, "unlock");
}

TEST_F(NanoFile, LinksAreNotFollowed) {
    const test::TempDir elsewhere;
    test::NanoFileStore other{elsewhere.path()};
    test::add_nano_device(other, "LINKED", test::nano_hash(2));
    const auto command = elsewhere.write("A.plist", test::nano_command("A"));
    std::filesystem::create_directory_symlink(other / "LINKED", directory_ / "LINKED");
    std::filesystem::create_directories(path("Queue"));
    std::filesystem::create_symlink(command, path("Queue/A.plist"));
    std::filesystem::create_symlink(command, path("BootstrapToken.dat"));
    const auto read = this->read();
    EXPECT_THAT(read.ids(), ElementsAre(udid));
    EXPECT_THAT(read.skips_of("LINKED"), ElementsAre("!it is a symbolic link or no directory"));
    EXPECT_THAT(queue_of(read[udid]), IsEmpty());
    EXPECT_THAT(read.skips_of(std::string{udid} + " A"), ElementsAre("!its file cannot be read"));
    EXPECT_FALSE(read[udid].bootstrap_token);
    EXPECT_THAT(read.skips_of(udid), ElementsAre("!its file cannot be read")) << "the bootstrap token's";
}

TEST_F(NanoFile, APipeOrADirectoryInPlaceOfAFileHoldsNothingUp) {
    ASSERT_EQ(::mkfifo(path("BootstrapToken.dat").c_str(), 0600), 0);
    std::filesystem::create_directory(path("UnlockToken.dat"));
    test::write_file(path("QueueDone"), "no directory");
    enqueue({"A"});
    const auto read = this->read();
    EXPECT_TRUE(read[udid].state.enabled);
    EXPECT_THAT(queue_of(read[udid]), ElementsAre("A"));
    EXPECT_THAT(read.remarks_on(udid), ElementsAre("one of its files cannot be read"))
        << "the unlock token's";
    EXPECT_THAT(read.skips_of(udid), ElementsAre("!its file cannot be read")) << "the bootstrap token's";
    EXPECT_THAT(read.skips_of(std::string{udid} + " QueueDone"), ElementsAre("!the queue cannot be read"));
}

TEST_F(NanoFile, ADirectoryWithoutMessagesIsPassedOver) {
    std::filesystem::create_directory(directory_ / "lost+found");
    test::write_file(directory_ / "readme.txt", "");
    test::write_file(directory_ / "ca.pem", "no certificate");
    const auto read = this->read();
    EXPECT_THAT(read.ids(), ElementsAre(udid));
    EXPECT_THAT(read.skips_of("lost+found"), ElementsAre("its directory holds no messages of a device"));
    EXPECT_EQ(read.skips.size(), 1U);
}

TEST_F(NanoFile, APushCertificateWithoutItsKeyIsReported) {
    test::write_file(directory_ / (std::string{test::nano_topic} + ".pem"), "certificate");
    EXPECT_THAT(read().skips_of(test::nano_topic), ElementsAre("!its private key is not there"));
}

} // namespace
} // namespace nanomdm::migrate
