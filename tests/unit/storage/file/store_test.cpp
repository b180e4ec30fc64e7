// The store as a directory: lock, VERSION, foreign directories, snapshots, what is readable, what -check
// finds.
#include "faulty_files.hpp"
#include "fixtures.hpp"
#include "storage/file/file_storage.hpp"
#include "storage/file/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

namespace nanomdm::storage::file {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class StoreTest : public testing::Test {
protected:
    std::unique_ptr<FileStorage> open() {
        FileOptions options{.directory = directory_.store()};
        options.journal.segment_bytes = 16 << 10;
        options.has_background_thread = false;
        options.files = &files_;
        return std::make_unique<FileStorage>(options);
    }
    void expect_refused(Errc code, const std::string& why) {
        try {
            open();
            FAIL() << "was opened";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), code);
            EXPECT_THAT(error.what(), HasSubstr(why));
        }
    }
    void fill() {
        const auto storage = open();
        storage->store_authenticate(authenticate(mac_), "pem");
        storage->store_token_update(token_update(mac_, "<token>", "unlock"));
        (void)storage->claim_certificate(mac_.id, hash(1), ClaimRule::unknown_certificate);
        (void)storage->enqueue(command("one"), std::vector{mac_.id});
        (void)storage->enqueue(command("two"), std::vector{mac_.id});
        storage->store_report(report(mac_, "one", "NotNow", "<not now>"));
        storage->store_push_certificate({Topic{"topic"}, "cert\n", "key\n"});
    }
    [[nodiscard]] fs::path enrollment_file(const std::string& name) const {
        return fs::path{Layout{directory_.store().string()}.enrollment(mac_.id.str())} / name;
    }

    const Enrollment mac_ = device("MAC-1");
    TemporaryDirectory directory_;
    UnflushedFiles files_;
};

TEST_F(StoreTest, ASecondProcessIsRefusedAndTheLockGoesWithTheFirst) {
    {
        const auto first = open();
        expect_refused(Errc::unavailable, "in use by another process");
        EXPECT_THROW((void)check_store(directory_.store()), Error);
    }
    EXPECT_NO_THROW(open());
}

TEST_F(StoreTest, ADirectoryOfSomethingElseIsRefusedNamingTheImport) {
    fs::create_directories(directory_.store() / "0123-UDID");
    expect_refused(Errc::invalid, "-import-nanomdm file:" + directory_.store().string());
    EXPECT_FALSE(fs::exists(directory_.store() / "lock"));
}

TEST_F(StoreTest, ANewerVersionIsRefused) {
    fill();
    overwrite(directory_.store() / "VERSION", "nanomdm file store, version 2\n");
    expect_refused(Errc::invalid, "newer nanomdm");
}

TEST_F(StoreTest, EverythingIsForTheOwnerAlone) {
    fill();
    for (const auto& entry : fs::recursive_directory_iterator{directory_.store()}) {
        struct stat status {};
        ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, entry.is_directory() ? 0700u : 0600u) << entry.path();
    }
}

TEST_F(StoreTest, PlainFilesHoldTheMessagesAsSentAndReadableState) {
    fill();
    EXPECT_EQ(contents(enrollment_file("Authenticate.plist")), "<authenticate>");
    EXPECT_EQ(contents(enrollment_file("TokenUpdate.plist")), "<token>");
    EXPECT_EQ(contents(enrollment_file("UnlockToken")), "unlock");
    EXPECT_EQ(contents(enrollment_file("Identity.pem")), "pem");
    EXPECT_THAT(contents(enrollment_file("state")), HasSubstr("\nid=MAC-1\ntype=Device\n"));
    EXPECT_THAT(contents(enrollment_file("state")), HasSubstr("\npending=one 1 20"));
    const Layout layout{directory_.store().string()};
    EXPECT_EQ(contents(layout.command("one") + ".plist"), "<command one>");
    EXPECT_THAT(contents(layout.command("one") + ".ids"), HasSubstr("\nMAC-1\n"));
}

TEST_F(StoreTest, ALostOrDamagedSnapshotIsMadeAgainFromThePlainFiles) {
    fill();
    const auto snapshot = directory_.store() / "index.snapshot";
    const std::string whole = contents(snapshot);
    for (const auto& damaged :
         {std::string{}, whole.substr(0, whole.size() / 2), "x" + whole.substr(1), whole + "x"}) {
        overwrite(snapshot, damaged);
        const auto storage = open();
        EXPECT_TRUE(storage->is_associated(mac_.id, hash(1)));
        EXPECT_EQ(storage->next_command(mac_.id, NotNow::passed_over), command("two"));
        EXPECT_EQ(storage->next_command(mac_.id, NotNow::candidates), command("one"));
        EXPECT_EQ(storage->push_certificate(Topic{"topic"})->private_key_pem, "key\n");
        EXPECT_TRUE(storage->enrollment(mac_.id)->last_seen_at.has_value());
    }
    EXPECT_EQ(findings(directory_.store()), "");
}

TEST_F(StoreTest, ALostJournalIsRefused) {
    fill();
    fs::remove_all(directory_.store() / "journal");
    fs::create_directory(directory_.store() / "journal");
    expect_refused(Errc::corrupt, "journal");
}

TEST_F(StoreTest, CheckFindsWhatIsDamaged) {
    fill();
    const Layout layout{directory_.store().string()};
    const auto expect_found = [&](const fs::path& file, const std::string& bytes, const std::string& what) {
        const std::string whole = contents(file);
        overwrite(file, bytes);
        EXPECT_THAT(findings(directory_.store()), HasSubstr(what)) << file;
        overwrite(file, whole);
        ASSERT_EQ(findings(directory_.store()), "");
    };
    expect_found(enrollment_file("TokenUpdate.plist"), "<tokex>", "does not hold what was stored");
    expect_found(enrollment_file("state"), contents(enrollment_file("state")) + "x", "fails its checksum");
    expect_found(layout.command("two") + ".plist", "<other>", "does not hold what was enqueued");
    expect_found(layout.command("two") + ".ids", contents(layout.command("two") + ".ids") + "torn",
                 "is damaged");
    expect_found(layout.command("two") + ".ids", "", "is damaged");
    fs::remove(enrollment_file("UnlockToken"));
    EXPECT_THAT(findings(directory_.store()), HasSubstr("UnlockToken: is missing"));
    overwrite(enrollment_file("UnlockToken"), "unlock");
    overwrite(enrollment_file("BootstrapToken"), "secret");
    EXPECT_THAT(findings(directory_.store()), HasSubstr("should not be there"));
    fs::remove(enrollment_file("BootstrapToken"));
    for (const auto& entry : fs::directory_iterator{enrollment_file("state").parent_path()}) {
        const auto name = entry.path().filename().string();
        if (name.starts_with("results-"))
            expect_found(entry.path(), contents(entry.path()) + "torn", "is damaged at byte");
    }
}

TEST_F(StoreTest, BodiesAreServedWhetherTheyAreWrittenOutOrNot) {
    const auto storage = open();
    storage->store_authenticate(authenticate(mac_, "<first>"), "pem");
    EXPECT_EQ(storage->messages(mac_.id).authenticate, "<first>");
    storage->checkpoint();
    EXPECT_EQ(storage->messages(mac_.id).authenticate, "<first>");
    storage->store_authenticate(authenticate(mac_, "<second>"), "");
    EXPECT_EQ(storage->messages(mac_.id).authenticate, "<second>");
    EXPECT_EQ(storage->identity_pem(mac_.id), std::nullopt);
    storage->checkpoint();
    EXPECT_EQ(storage->identity_pem(mac_.id), std::nullopt);
    overwrite(enrollment_file("Authenticate.plist"), "<forged>");
    EXPECT_THROW((void)storage->messages(mac_.id), Error);
}

} // namespace
} // namespace nanomdm::storage::file
